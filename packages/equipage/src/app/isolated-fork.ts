import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { ownExtension } from '../core/index.ts'

/** The process that it starts; a path, since this room does not import that one. */
const entry = join(import.meta.dirname, '..', 'cli', 'processes', `isolated${ownExtension}`)

/** The descriptor of a pipe whose other end is closed when the worker is gone, however it went. */
export const lifelineFd = 4

export interface IsolatedForkOptions {
  /** The folder of the application. */
  readonly basePath: string
  /** The variables that the application reads instead of the process's own. */
  readonly env: Readonly<Record<string, string | undefined>> | undefined
  /** Where the console's log lines go. */
  readonly output: 'stdout' | 'stderr'
}

/** Starts a process that runs isolated jobs of an application. */
export function forkIsolated({ basePath, env, output }: IsolatedForkOptions): ChildProcess {
  return fork(entry, [basePath, output], {
    ...(env ? { env } : {}),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
  })
}

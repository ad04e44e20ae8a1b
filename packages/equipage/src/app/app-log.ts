import { resolve } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Clock } from '../core/index.ts'
import { type Log, type LogSettings, openLog } from '../log/index.ts'

export function logSettings(config: Config, basePath: string): LogSettings {
  const { file, ...log } = config.get('log')
  return { ...log, output: 'stdout', file: resolve(basePath, file), name: config.get('app.name') }
}

/** How this process writes its log: as the settings say, and what its role asks for before the first line. */
export class AppLog {
  readonly #settings: LogSettings
  #output: 'stdout' | 'stderr' = 'stdout'
  #showPid = false

  constructor(settings: LogSettings) {
    this.#settings = settings
  }

  /** Where the lines of the console go. */
  get output(): 'stdout' | 'stderr' {
    return this.#output
  }

  /** Sends the console's lines to standard error: standard output is for a command's answer. */
  toStandardError(): void {
    this.#output = 'stderr'
  }

  /** Names the process in the pretty lines too: several processes write to one terminal. */
  showProcessId(): void {
    this.#showPid = true
  }

  /** @throws as `openLog` does */
  open(clock: Clock): Log {
    return openLog({ ...this.#settings, output: this.#output, showPid: this.#showPid }, clock)
  }
}

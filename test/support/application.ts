import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

const root = join(import.meta.dirname, '..', '..')

/** A copy of this application, so that processes of a test write nothing into the repository. */
export interface Application {
  readonly folder: string
  /** Puts a file of the test's own in the place of the application's. */
  write(path: string, source: string): void
  /** Starts one of the entry points: `scheduler.ts`, `queues.ts` ... */
  start(command: readonly string[], env?: Record<string, string>): Running
}

/** A process of the application. */
export interface Running {
  readonly pid: number | undefined
  /** All that it has written to standard output and error. */
  output(): string
  /** Its log lines. */
  lines(): Record<string, unknown>[]
  /** Resolves with the output as soon as it matches; rejects when the process ends before. */
  said(pattern: RegExp): Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Resolves with the exit code, or the signal's name, when all of its output has been read. */
  readonly ended: Promise<number | string>
}

export function copyApplication(test: TestContext): Application {
  const folder = mkdtempSync(join(tmpdir(), 'equipage-application-'))
  for (const part of ['app', 'config', 'package.json', 'main.ts', 'scheduler.ts', 'queues.ts']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  for (const part of ['node_modules', 'resources'])
    symlinkSync(join(root, part), join(folder, part))
  const processes = processesIn(test, folder)
  test.after(() => rmSync(folder, { recursive: true, force: true }))
  return {
    folder,
    write: (path, source) => writeFileSync(join(folder, path), source),
    start: processes.start,
  }
}

/** Starts entry points of the application in a folder; those that are left when the test ends are killed. */
export function processesIn(test: TestContext, folder: string): Pick<Application, 'start'> {
  const processes: ChildProcess[] = []
  test.after(() => Promise.all(processes.map(end)))
  return {
    start(command, env = {}) {
      const path = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
      const child = spawn(process.execPath, [...command], {
        cwd: folder,
        // Nothing of the environment that the tests themselves run in.
        env: { PATH: path, HOME: process.env['HOME'] ?? folder, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      processes.push(child)
      return running(child)
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function running(child: ChildProcess): Running {
  let output = ''
  const listeners = new Set<() => void>()
  const read = (chunk: Buffer) => {
    output += chunk.toString()
    for (const listener of listeners) listener()
  }
  child.stdout?.on('data', read)
  child.stderr?.on('data', read)
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return {
    pid: child.pid,
    output: () => output,
    lines: () => output.split('\n').flatMap(parsed),
    ended,
    signal: signal => void child.kill(signal),
    said: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(output)) return
          listeners.delete(look)
          resolve(output)
        }
        listeners.add(look)
        look()
        void ended.then(code =>
          reject(new Error(`it ended with ${code} and never said ${pattern}:\n${output}`)),
        )
      }),
  }
}

function parsed(line: string): Record<string, unknown>[] {
  if (!line.startsWith('{')) return []
  return [JSON.parse(line) as Record<string, unknown>]
}

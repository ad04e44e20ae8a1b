import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Message, Report } from './measured-process.ts'
import type { Plan } from './plan.ts'

/** A process of a measurement, as its parent sees it. */
export interface StartedProcess {
  /** How long it took until it was ready, milliseconds. */
  readonly startMs: number
  /** Forgets what was measured so far. */
  begin(): void
  report(): Promise<Report>
  end(): Promise<void>
}

/**
 * Starts a file of this folder with a plan.
 * @returns undefined when it is not ready within `limitMs`, or ended before
 */
export async function startProcess(
  file: string,
  plan: Plan,
  { state = '', limitMs = 120_000 } = {},
): Promise<StartedProcess | undefined> {
  const env = { ...process.env, BENCH_PLAN: JSON.stringify(plan), BENCH_STATE: state }
  const child = fork(join(import.meta.dirname, file), {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  const ready = await answer(child, 'ready', limitMs)
  if (!ready) {
    await end()
    return undefined
  }
  return {
    startMs: ready.startMs,
    begin: () => void child.send('begin'),
    async report() {
      child.send('report')
      const report = await answer(child, 'report', limitMs)
      if (!report) throw new Error(`${file} does not report`)
      return report
    },
    end,
  }
}

/** The next message of a kind; undefined when the process ends before, or the time is over. */
function answer<Kind extends Message['is']>(
  child: ChildProcess,
  kind: Kind,
  limitMs: number,
): Promise<Extract<Message, { is: Kind }> | undefined> {
  return new Promise(resolve => {
    const done = (message: Extract<Message, { is: Kind }> | undefined) => {
      clearTimeout(timer)
      child.off('message', listen)
      child.off('exit', ended)
      resolve(message)
    }
    const listen = (given: unknown) => {
      const message = given as Message
      if (message.is === kind) done(message as Extract<Message, { is: Kind }>)
    }
    const ended = () => done(undefined)
    const timer = setTimeout(ended, limitMs)
    child.on('message', listen)
    child.on('exit', ended)
  })
}

import type { Runtime } from '../../app/index.ts'
import { humanDuration, isEquipageError, toError } from '../../core/index.ts'
import type { Pushable, Receipt } from '../../job/index.ts'
import { runByHand, type Schedule } from '../../schedule/index.ts'
import type { Output } from '../terminal/index.ts'
import { scheduleNamed } from './app-schedules.ts'
import { nowOf, ticksOf } from './stored-schedules.ts'

/** How a run by hand ended; `job` is left out for a function. */
interface HandRun {
  readonly schedule: string
  readonly state: Receipt['state']
  readonly job?: Pick<Receipt, 'id' | 'name' | 'queue'> & { readonly result?: unknown }
  readonly error?: Error
  readonly durationMs: number
}

/** `equipage schedule run NAME`: calls its function here, or pushes its job, as a run that is no tick. */
export async function scheduleRun(
  runtime: Runtime,
  { print, note }: Output,
  name: string,
  options: { json?: true },
): Promise<void> {
  const schedule = await scheduleNamed(runtime, name)
  await runtime.ready()
  const run = await handRun(runtime, schedule)
  const { error, ...rest } = run
  if (error && !run.job && error.stack) note(error.stack)
  if (options.json) print(JSON.stringify({ ...rest, error: error?.message }, null, 2))
  else print(said(run))
  if (run.state === 'failed') process.exitCode = 1
}

async function handRun(runtime: Runtime, schedule: Schedule): Promise<HandRun> {
  const { name = '', action } = schedule
  let receipt: Receipt | undefined
  const push = async (job: Pushable, payload: unknown) => {
    receipt = await runtime.queue.push(job, payload)
  }
  const begin = runtime.clock.monotonic()
  let error: Error | undefined
  try {
    await runByHand(schedule, {
      app: runtime.app,
      now: nowOf(await ticksOf(runtime), runtime.clock),
      push,
    })
  } catch (thrown) {
    // What the queue refuses is told as for every push; what the function throws is how it ended.
    if (action.kind === 'push' && isEquipageError(thrown)) throw thrown
    error = toError(thrown)
  }
  const durationMs = Math.round(runtime.clock.monotonic() - begin)
  if (receipt) {
    const { error: failure, state, ...job } = receipt
    return { schedule: name, state, job, durationMs, ...(failure ? { error: failure } : {}) }
  }
  return {
    schedule: name,
    state: error ? 'failed' : 'completed',
    durationMs,
    ...(error ? { error } : {}),
  }
}

function said({ schedule, job, state, error, durationMs }: HandRun): string {
  const why = error ? ` (${error.message})` : ''
  if (job) return `${schedule}: ${job.name} ${job.id}: ${state}${why}`
  return `${schedule}: ${state}${why}, after ${humanDuration(durationMs)}`
}

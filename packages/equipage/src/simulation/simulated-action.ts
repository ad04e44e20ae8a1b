import { type VirtualClock, wait } from '../core/index.ts'
import type { JobMetadata, Pushable, PushedJob } from '../job/index.ts'
import { type Action, type Condition, Schedule, stop, type TickContext } from '../schedule/index.ts'

/** What becomes of a run that is not carried out. */
export interface SimulatedRun {
  /** How long it lasts; infinite when it never ends by itself. */
  readonly durationMs: number
  /** What a function threw, or why a payload could not be made; null when all was well. */
  readonly error: string | null
  /** The function answered `stop`. */
  readonly stops: boolean
}

/** @param tick epoch milliseconds */
export type RunsOf = (schedule: string, tick: number) => SimulatedRun

/** What stands in for the actions of a simulation lives by. */
export interface SimulatedLife {
  readonly clock: VirtualClock
  readonly runs: RunsOf
  /** Aborted when the simulated process ends, and its functions with it. */
  ended: AbortSignal
}

/**
 * The same schedule with an action that does nothing, and lasts as long as the other did. Hooks
 * are left out; time stands still while a condition is asked.
 */
export function simulatedSchedule<App>(
  schedule: Schedule<App>,
  life: SimulatedLife,
): Schedule<App> {
  const { name, timing, policy } = schedule
  const conditions = policy.conditions.map(condition => holding(condition, life.clock))
  return new Schedule<App>({
    name,
    timing,
    action: actionFor(schedule.action, life),
    policy: { ...policy, conditions, hooks: [] },
    clock: life.clock,
  })
}

function holding<App>(condition: Condition<App>, clock: VirtualClock): Condition<App> {
  return { ...condition, ask: tick => clock.hold((async () => condition.ask(tick))()) }
}

function actionFor<App>(action: Action<App>, life: SimulatedLife): Action<App> {
  if (action.kind === 'call') return { ...action, call: tick => simulatedCall(tick, life) }
  const payload = ({ schedule, scheduledFor }: TickContext<App>) => {
    const { error } = life.runs(schedule, scheduledFor.getTime())
    if (error !== null) throw new Error(error)
    return {}
  }
  return { ...action, constant: undefined, payload }
}

async function simulatedCall<App>(
  { schedule, scheduledFor }: TickContext<App>,
  { clock, runs, ended }: SimulatedLife,
): Promise<unknown> {
  const { durationMs, error, stops } = runs(schedule, scheduledFor.getTime())
  if (durationMs > 0) await wait(clock, durationMs, ended)
  // A function that its process took with it neither ends nor throws.
  if (ended.aborted) return new Promise(() => undefined)
  if (error !== null) throw new Error(error)
  return stops ? stop : undefined
}

/** In the place of Queue.prepare: no job is looked up, and no payload is checked. */
export async function preparedSimulation(
  pushable: Pushable | string,
  _payload: unknown,
  _options: unknown,
  delayMs: number,
  metadata: JobMetadata,
): Promise<PushedJob> {
  const name = typeof pushable === 'string' ? pushable : pushable.name
  return { name, queue: 'default', data: null, attempts: 1, delayMs, priority: 0, metadata }
}

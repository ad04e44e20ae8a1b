import assert from 'node:assert'
import type { Pushable } from '../job/index.ts'
import type { MemoryPush } from '../simulation/index.ts'

/** A job or chain that was pushed. */
export interface Pushed<Payload = unknown> {
  /** The name of the job, or of the chain. */
  readonly job: string
  /** As JSON carries it, before the job's schema reads it again. */
  readonly payload: Payload
  /** The queue of the job, or of the chain's first. */
  readonly queue: string
  /** When it was pushed. */
  readonly at: Date
  /** How long it was to wait before it may run, in milliseconds; 0 where it was not pushed for later. */
  readonly delayMs: number
  /** 0 to 2097151; lower runs first. */
  readonly priority: number
  readonly tags: readonly string[]
  /** The schedule that pushed it; null where a function, a job or a test did. */
  readonly schedule: string | null
  /** The planned instant of the tick that it was pushed for. */
  readonly tick: Date | null
}

/** Fields that a payload has to have among others, or a question about it. */
export type PushMatch<Payload> =
  | Partial<Payload>
  | ((payload: Payload, pushed: Pushed<Payload>) => boolean)

export function pushedOf({ job, pushedAt }: MemoryPush): Pushed {
  const { chain, tick, tags = [] } = job.metadata
  return {
    job: chain?.name ?? job.name,
    payload: job.data,
    queue: job.queue,
    at: new Date(pushedAt),
    delayMs: job.delayMs,
    priority: job.priority,
    tags,
    schedule: tick?.schedule ?? null,
    tick: tick ? new Date(tick.scheduledFor) : null,
  }
}

/** Those of one job or chain. A chain's jobs are pushed as the chain. */
export function pushedBy<Payload>(
  all: readonly Pushed[],
  job: Pushable<Payload>,
): Pushed<Payload>[] {
  return all.filter(({ job: name }) => name === job.name) as Pushed<Payload>[]
}

/** Whether a push is one that is looked for; every one is where nothing is said of it. */
export function matches<Payload>(
  pushed: Pushed<Payload>,
  match: PushMatch<Payload> | undefined,
): boolean {
  if (match === undefined) return true
  if (typeof match === 'function') return Boolean(match(pushed.payload, pushed))
  try {
    // What is asked for crosses the same boundary as what was pushed: a Date is a text there.
    assert.partialDeepStrictEqual(pushed.payload, JSON.parse(JSON.stringify(match)))
    return true
  } catch {
    return false
  }
}

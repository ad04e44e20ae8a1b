import assert, { AssertionError } from 'node:assert'
import type { MemoryPush } from '../connection/memory/memory-connection.ts'
import { shown } from '../core/error-catalogue.ts'
import type { Pushable } from '../job/index.ts'

/** A job or chain that was pushed. */
export interface Pushed<Payload = unknown> {
  /** The name of the job, or of the chain. */
  readonly job: string
  /** As JSON carries it, before the job's schema reads it again. */
  readonly payload: Payload
  /** When it was pushed. */
  readonly at: Date
  /** The schedule that pushed it; null where a function or a test did. */
  readonly schedule: string | null
  /** The planned instant of the tick that it was pushed for. */
  readonly tick: Date | null
}

/** Fields that a payload has to have among others, or a question about it. */
export type PushMatch<Payload> =
  | Partial<Payload>
  | ((payload: Payload, pushed: Pushed<Payload>) => boolean)

export function pushedOf({ job, pushedAt }: MemoryPush): Pushed {
  const { chain, tick } = job.stamp
  return {
    job: chain?.name ?? job.name,
    payload: job.data,
    at: new Date(pushedAt),
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

export function matches<Payload>(pushed: Pushed<Payload>, match: PushMatch<Payload>): boolean {
  if (typeof match === 'function') return Boolean(match(pushed.payload, pushed))
  try {
    // What is asked for crosses the same boundary as what was pushed: a Date is a text there.
    assert.partialDeepStrictEqual(pushed.payload, JSON.parse(JSON.stringify(match)))
    return true
  } catch {
    return false
  }
}

/** @param stackStartFn the assertion that was called, so that the error points at its caller */
export function failure(parts: {
  message: string
  actual: unknown
  expected: unknown
  operator: string
  stackStartFn: (...args: never[]) => unknown
}): AssertionError {
  const { stackStartFn, ...rest } = parts
  return new AssertionError({ ...rest, stackStartFn: stackStartFn as () => void })
}

/** How many pushes a message lists. */
const listed = 10

/** The pushes of one job for a reader, a line each. */
export function pushLines(pushes: readonly Pushed[]): string {
  const lines = pushes
    .slice(0, listed)
    .map(({ at, payload, schedule }) =>
      [`  ${at.toISOString()}  ${shown(payload)}`, schedule && `by schedule "${schedule}"`]
        .filter(Boolean)
        .join('  '),
    )
  if (pushes.length > listed) lines.push(`  and ${pushes.length - listed} more`)
  return lines.join('\n')
}

/** What else was pushed, for whoever looks for a job that was not. */
export function othersPushed(all: readonly Pushed[]): string {
  if (all.length === 0) return 'nothing was pushed at all'
  const counts = new Map<string, number>()
  for (const { job } of all) counts.set(job, (counts.get(job) ?? 0) + 1)
  const names = [...counts].map(([name, count]) => `"${name}" ${times(count)}`)
  return `pushed were ${names.join(', ')}`
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

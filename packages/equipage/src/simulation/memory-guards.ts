import type { PushedJob } from '../job/index.ts'

/** A job that is there, as guards look at it. Times are epoch milliseconds. */
interface Held {
  readonly id: string
  readonly job: PushedJob
  readonly runsAt: number
  readonly endsAt: number
}

/** The keys by which pushes are thinned out. */
export class MemoryGuards {
  /** Keys that refuse for a time, and the job that was pushed last. */
  readonly #times = new Map<string, { readonly id: string; readonly until: number }>()

  /**
   * Asks the guard of a push, and takes its key when it may pass.
   * @param jobs that are there; those that a debounced push takes the place of are handed to `drop`
   * @returns the id of the job in the way; undefined when the push may pass
   */
  pass(
    { queue, guard }: PushedJob,
    id: string,
    now: number,
    jobs: Iterable<Held>,
    drop: (id: string) => unknown,
  ): string | undefined {
    if (!guard) return undefined
    const { kind, key, forMs } = guard
    const same = [...jobs].filter(({ job }) => job.queue === queue && job.guard?.key === key)
    if (kind === 'debounce') {
      for (const held of same) if (held.runsAt > now) drop(held.id)
      return undefined
    }
    const holder = kind === 'unique' ? same.find(({ endsAt }) => endsAt > now) : undefined
    if (holder) return holder.id
    if (forMs === null) return undefined
    const where = `${queue} ${key}`
    const former = this.#times.get(where)
    if (former && former.until > now) return former.id
    this.#times.set(where, { id, until: now + forMs })
    return undefined
  }
}

import { type Duration, durationMs, EquipageError, refuseMisspelt } from '../../core/index.ts'
import { checkName } from '../pushing/index.ts'

/** What a queue's author writes. */
export interface QueueOptions {
  /** What jobs, workers and commands call it. */
  name: string
  /** How many of its jobs run at a time, over all workers, 1 or more; as many as they can when left out. */
  concurrency?: number
  /** How many of its jobs begin within a time, over all workers: `max` is 1 or more. */
  rateLimit?: { max: number; per: Duration }
}

/** What holds over all workers of a queue. */
export interface QueueLimits {
  /** Jobs at a time; null for no limit. */
  readonly concurrency: number | null
  /** Jobs that begin within `perMs`; null for no limit. */
  readonly rateLimit: { readonly max: number; readonly perMs: number } | null
}

/** A queue with its limits. */
export interface QueueDefinition {
  readonly kind: 'queue'
  readonly name: string
  readonly limits: QueueLimits
}

const known: Record<keyof QueueOptions, true> = { name: true, concurrency: true, rateLimit: true }

/** A queue that nobody has defined. */
export const unlimited: QueueLimits = { concurrency: null, rateLimit: null }

/**
 * Defines a queue and its limits. Export it from a file under `app/jobs/`, or give it to a job as
 * its `queue`. A queue without limits needs no definition.
 * @throws E_BAD_NAME, E_BAD_OPTION, E_BAD_DURATION
 */
export function defineQueue(options: QueueOptions): QueueDefinition {
  const { name, concurrency, rateLimit } = options
  checkName('queue', name)
  const where = `queue "${name}"`
  refuseMisspelt(options, known, where)
  if (rateLimit !== undefined && (typeof rateLimit !== 'object' || rateLimit === null)) {
    const fields = { where, option: 'rateLimit', given: rateLimit }
    throw new EquipageError('E_BAD_OPTION', { ...fields, expected: "{ max: 10, per: '1m' }" })
  }
  return {
    kind: 'queue',
    name,
    limits: {
      concurrency: concurrency === undefined ? null : count(concurrency, 'concurrency', where),
      rateLimit: rateLimit === undefined ? null : readRate(rateLimit, where),
    },
  }
}

function readRate(given: { max: number; per: Duration }, where: string): QueueLimits['rateLimit'] {
  const max = count(given.max, 'rateLimit.max', where)
  const perMs = durationMs(given.per, `${where}, rateLimit.per`)
  if (perMs > 0) return { max, perMs }
  const fields = { where, option: 'rateLimit.per', given: given.per }
  throw new EquipageError('E_BAD_OPTION', {
    ...fields,
    expected: 'a duration of a millisecond or more',
  })
}

function count(given: unknown, option: string, where: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 1) return given
  const expected = 'a whole number, 1 or more'
  throw new EquipageError('E_BAD_OPTION', { where, option, given, expected })
}

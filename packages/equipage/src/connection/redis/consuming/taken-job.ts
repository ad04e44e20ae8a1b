import { EquipageError } from '../../../core/index.ts'
import { type JobMetadata, readMetadata } from '../../../job/index.ts'
import { fieldFaults } from './unreadable-jobs.ts'

/** What a reply says of a job: its id, the run id of the attempt that begins, and its fields as step-script.ts orders them. */
export type TakenReply = readonly [
  id: string,
  run: string,
  fields: readonly (string | number | null)[],
]

/** A job that this consumer has taken. */
export interface TakenJob {
  readonly id: string
  /** The identity of this attempt, which is the token of the job's lock. */
  readonly run: string
  readonly name: string
  readonly data: unknown
  /** BullMQ's options, in their stored form. */
  readonly options: Readonly<Record<string, unknown>>
  readonly metadata: JobMetadata
  /** Epoch milliseconds, 0 when that is not known. */
  readonly pushedAt: number
  readonly attemptsMade: number
  readonly attempts: number
  /** How often it was begun, this time included. */
  readonly starts: number
  /** The scheduler of BullMQ's that the job is of. */
  readonly scheduler: string | undefined
  /** Why it is to be failed without an attempt. */
  readonly deferredFailure: string | undefined
  readonly stacktrace: readonly string[]
  /** It has no parent and no key: its completion changes nothing but itself. */
  readonly isPlain: boolean
}

/** A job that another program wrote in a form that cannot be read. */
export interface UnreadableTaken {
  readonly id: string
  readonly run: string
  readonly name: string
  readonly starts: number
  /** Empty when its options are what cannot be read. */
  readonly metadata: JobMetadata
  /** E_JOB_UNREADABLE, which says of each field what it should be. */
  readonly error: EquipageError
  readonly repairs: Readonly<Record<string, string | false>>
}

/** The payload stands in the job's hash, and was left out of the reply. */
export const isLarge = ([, , fields]: TakenReply): boolean => fields[0] === 1

/** @param payload the payload's text, where it was left out of the reply */
export function readTaken(
  [id, run, fields]: TakenReply,
  queue: string,
  payload?: string | null,
): TakenJob | UnreadableTaken {
  const [given, name, opts, timestamp, atm, ats, progress, parent, rjk, defa, stacks, ...kin] =
    fields
  const data = payload === undefined ? given : payload
  const { faults, repairs } = fieldFaults({ data, opts, progress, parent, ats })
  const options = parsed(opts ? String(opts) : '{}')
  const object = (typeof options === 'object' && options !== null ? options : {}) as Record<
    string,
    unknown
  >
  const metadata = readMetadata(object['equipage'])
  const starts = Number(ats) || 1
  if (faults.length > 0 || !name) {
    const all = name ? faults : [...faults, 'it has no name']
    const error = new EquipageError('E_JOB_UNREADABLE', { id, queue, faults: all })
    return { id, run, name: String(name ?? ''), starts, metadata, error, repairs }
  }
  const kept = stacks ? parsed(String(stacks)) : []
  return {
    id,
    run,
    name: String(name),
    data: data ? parsed(String(data)) : {},
    options: object,
    metadata,
    pushedAt: Number.parseInt(String(timestamp), 10) || 0,
    attemptsMade: Number.parseInt(String(atm ?? 0), 10) || 0,
    attempts: wholeAttempts(object['attempts']),
    starts,
    scheduler: rjk ? String(rjk) : undefined,
    deferredFailure: defa ? String(defa) : undefined,
    stacktrace: Array.isArray(kept) ? kept.map(String) : [],
    isPlain: kin.every(field => field == null),
  }
}

/** @returns undefined for what is no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Other programs may have written anything; BullMQ tries once what it cannot compare. */
function wholeAttempts(given: unknown): number {
  return Number.isSafeInteger(given) ? Math.max(1, Number(given)) : 1
}

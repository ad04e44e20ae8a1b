import { EquipageError } from '../../../core/index.ts'
import { type JobMetadata, readMetadata } from '../../../job/index.ts'
import type { JobState, StoredJob } from '../../queue-admin.ts'
import type { RedisClient } from '../server/index.ts'

interface Form {
  readonly field: string
  readonly form: string
  fits(text: string): boolean
  /** What BullMQ can read in its place; false for nothing. */
  repair(text: string): string | false
}

/**
 * Fields of a job's hash that BullMQ reads before anybody sees the job, and the form without which
 * it throws. What is not there, or is empty, is in order.
 */
const forms: readonly Form[] = [
  {
    field: 'data',
    form: 'JSON',
    fits: isJson,
    // As the text that it is, so that it can still be looked at.
    repair: text => JSON.stringify(text),
  },
  {
    field: 'opts',
    form: 'a JSON object',
    fits: text => isJson(text) && text.trim() !== 'null',
    repair: () => '{}',
  },
  { field: 'progress', form: 'JSON', fits: isJson, repair: () => false },
  { field: 'parent', form: 'JSON', fits: isJson, repair: () => false },
  { field: 'ats', form: 'a whole number', fits: text => /^\d+$/.test(text), repair: () => false },
]

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A job whose hash BullMQ cannot read. */
export interface UnreadableJob {
  readonly id: string
  /** As it stands in Redis; empty when it has none. */
  readonly name: string
  readonly queue: string
  /** Epoch milliseconds; 0 when that is not known. */
  readonly pushedAt: number
  /** Empty when its options are what cannot be read. */
  readonly metadata: JobMetadata
  /** E_JOB_UNREADABLE, which says of each field what it should be. */
  readonly error: EquipageError
}

/** What is wrong with fields of a job, and what BullMQ can read in the place of each; false to remove it. */
export interface FieldFaults {
  readonly faults: readonly string[]
  readonly repairs: Readonly<Record<string, string | false>>
}

/** @param fields texts by their names; what is not there, or is empty, is in order */
export function fieldFaults(fields: Readonly<Record<string, unknown>>): FieldFaults {
  const faults: string[] = []
  const repairs: Record<string, string | false> = {}
  for (const { field, form, fits, repair } of forms) {
    const given = fields[field]
    const text = given ? String(given) : ''
    if (text === '' || fits(text)) continue
    faults.push(`${field} is not ${form}: ${text.slice(0, 80)}`)
    repairs[field] = repair(text)
  }
  return { faults, repairs }
}

/**
 * What is wrong with a job's hash.
 * @param queueKey what the keys of the queue begin with: prefix, name and a colon
 * @returns undefined when it can be read, or is gone
 */
export async function unreadable(
  client: RedisClient,
  queueKey: string,
  queue: string,
  id: string,
): Promise<UnreadableJob | undefined> {
  const fields = forms.map(({ field }) => field)
  const [name, pushedAt, options, ...texts] = await client.hmget(
    queueKey + id,
    'name',
    'timestamp',
    'opts',
    ...fields,
  )
  const { faults, repairs } = fieldFaults(
    Object.fromEntries(fields.map((field, index) => [field, texts[index]])),
  )
  if (faults.length === 0) return undefined
  const error = new EquipageError('E_JOB_UNREADABLE', { id, queue, faults })
  return {
    id,
    name: name ?? '',
    queue,
    pushedAt: Number.parseInt(pushedAt ?? '', 10) || 0,
    metadata: 'opts' in repairs ? {} : metadataOf(options),
    error,
  }
}

function metadataOf(options: string | null | undefined): JobMetadata {
  return readMetadata((JSON.parse(options || '{}') as { equipage?: unknown }).equipage)
}

/** Whether BullMQ threw at the form of a job: what fails at Redis itself has errors of other kinds. */
export function cannotRead(thrown: unknown): boolean {
  return thrown instanceof SyntaxError || thrown instanceof TypeError
}

/** What can be shown of a job that cannot be read. */
export function shownUnreadable(
  { id, name, queue, pushedAt, metadata, error }: UnreadableJob,
  state: JobState,
): StoredJob {
  return {
    id,
    name,
    queue,
    state,
    data: null,
    metadata,
    attemptsMade: 0,
    attempts: 1,
    priority: 0,
    progress: null,
    result: null,
    error: { message: error.message, stack: null },
    pushedAt,
    dueAt: null,
    startedAt: null,
    endedAt: null,
    worker: null,
  }
}

import { type Clock, EquipageError } from '../../../core/index.ts'
import { type JobMetadata, readMetadata } from '../../../job/index.ts'
import type { JobState, StoredJob } from '../../queue-admin.ts'
import type { RedisClient } from '../server/index.ts'

interface Form {
  readonly field: string
  readonly form: string
  fits(text: string): boolean
  /** What BullMQ can read in its place; null for nothing. */
  mended(text: string): string | null
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
    mended: text => JSON.stringify(text),
  },
  {
    field: 'opts',
    form: 'a JSON object',
    fits: text => isJson(text) && text.trim() !== 'null',
    mended: () => '{}',
  },
  { field: 'progress', form: 'JSON', fits: isJson, mended: () => null },
  { field: 'parent', form: 'JSON', fits: isJson, mended: () => null },
  { field: 'ats', form: 'a whole number', fits: text => /^\d+$/.test(text), mended: () => null },
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
  /** What to write in place of each such field; null to take it away. */
  readonly mended: ReadonlyMap<string, string | null>
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
  const faults: string[] = []
  const mended = new Map<string, string | null>()
  for (const [index, text] of texts.entries()) {
    const form = forms[index]
    if (!text || !form || form.fits(text)) continue
    faults.push(`${form.field} is not ${form.form}: ${text.slice(0, 80)}`)
    mended.set(form.field, form.mended(text))
  }
  if (faults.length === 0) return undefined
  const error = new EquipageError('E_JOB_UNREADABLE', { id, queue, faults })
  return {
    id,
    name: name ?? '',
    queue,
    pushedAt: Number.parseInt(pushedAt ?? '', 10) || 0,
    metadata: mended.has('opts') ? {} : metadataOf(options),
    error,
    mended,
  }
}

function metadataOf(options: string | null | undefined): JobMetadata {
  return readMetadata((JSON.parse(options || '{}') as { equipage?: unknown }).equipage)
}

/**
 * Fails a job that a worker took and could not read, so that others can.
 * KEYS: the job, its lock, and of its queue `active`, `stalled`, `failed`, `events`.
 * ARGV: the id, now in milliseconds, the reason, what begins the keys of the queue, how many
 * fields are written, these with their values, and the fields that are taken away.
 * Returns 1 when it was failed, 0 when it is no longer active.
 */
const failScript = `
if redis.call('LREM', KEYS[3], 1, ARGV[1]) == 0 then return 0 end
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[4], ARGV[1])
local last = 5 + 2 * tonumber(ARGV[5])
for at = 6, last, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
for at = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[at]) end
redis.call('HSET', KEYS[1], 'failedReason', ARGV[3], 'finishedOn', ARGV[2])
local key = redis.call('HGET', KEYS[1], 'deid')
if key then
  key = ARGV[4] .. 'de:' .. key
  if redis.call('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
redis.call('ZADD', KEYS[5], ARGV[2], ARGV[1])
redis.call('XADD', KEYS[6], '*', 'event', 'failed', 'jobId', ARGV[1], 'failedReason', ARGV[3], 'prev', 'active')
return 1
`

export interface UnreadableJobsDependencies {
  readonly client: RedisClient
  readonly prefix: string
  readonly clock: Clock
}

/**
 * Looks after jobs that another program wrote to Redis in a form that BullMQ cannot read. A worker
 * of BullMQ takes such a job, throws, and takes it again when its lock has run out, for ever; here
 * it fails, with its fields mended as far as they can be.
 */
export class UnreadableJobs {
  readonly #dependencies: UnreadableJobsDependencies
  readonly #tell: (job: UnreadableJob) => void
  readonly #looks = new Map<string, Promise<void>>()

  /** @param tell told of each that was failed */
  constructor(dependencies: UnreadableJobsDependencies, tell: (job: UnreadableJob) => void) {
    this.#dependencies = dependencies
    this.#tell = tell
  }

  /** A worker of that queue has thrown: looks for the job that it may have thrown at. Never rejects. */
  look(queue: string): void {
    // One after the other: the job may have come while the look before was under way.
    const before = this.#looks.get(queue) ?? Promise.resolve()
    // Redis is away, or takes nothing: the worker throws again when it is back.
    const look = before.then(() => this.#look(queue)).catch(() => undefined)
    this.#looks.set(queue, look)
  }

  async #look(queue: string): Promise<void> {
    const { client, prefix } = this.#dependencies
    const queueKey = `${prefix}:${queue}:`
    for (const id of await client.lrange(`${queueKey}active`, 0, -1)) {
      const job = await unreadable(client, queueKey, queue, id)
      if (job && (await this.#fail(queueKey, job))) this.#tell(job)
    }
  }

  async #fail(queueKey: string, { id, error, mended }: UnreadableJob): Promise<boolean> {
    const keys = [id, `${id}:lock`, 'active', 'stalled', 'failed', 'events']
    const fields = [...mended]
    const written = fields.filter(([, value]) => value !== null) as [string, string][]
    const gone = fields.flatMap(([field, value]) => (value === null ? [field] : []))
    const done = await this.#dependencies.client.eval(
      failScript,
      keys.length,
      ...keys.map(key => queueKey + key),
      id,
      this.#dependencies.clock.now(),
      error.message,
      queueKey,
      written.length,
      ...written.flat(),
      ...gone,
    )
    return done === 1
  }
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

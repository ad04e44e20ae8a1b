import { createHash } from 'node:crypto'
import { EquipageError, type Json } from '../../core/index.ts'
import { readPayload } from './payload.ts'
import type { GuardRule } from './push-rules.ts'

/**
 * What a connection asks before it takes a job. A `unique` one is refused while the job of its key
 * is unfinished, and until `forMs` after that job's push; a `throttle` one until `forMs` after the
 * push before; a `debounce` one takes the place of the job of its key as long as that one is not due.
 */
export interface PushGuard {
  readonly kind: GuardRule['kind']
  /** Belongs to the job's queue: the job's name, a colon, and its key. */
  readonly key: string
  /** Milliseconds from the push; null for a unique job without a time. */
  readonly forMs: number | null
}

/** A longer key would be a burden wherever it is kept. */
const longestKey = 200

/** The job whose push is guarded, as its definition says it. */
interface Guarded {
  readonly name: string
  readonly schema: Parameters<typeof readPayload>[0]['schema']
  readonly rules: { readonly guard: GuardRule | undefined }
}

/**
 * The guard of one push.
 * @param data the payload as it is pushed
 * @param own the key that the push itself names
 * @throws E_BAD_OPTION when the key is no text; what the job's own `key` throws
 */
export async function guardOf(
  job: Guarded,
  data: Json,
  own: string | undefined,
): Promise<PushGuard | undefined> {
  const rule = job.rules.guard
  if (own !== undefined) {
    if (rule && rule.kind !== 'unique') {
      const where = `push of "${job.name}"`
      const expected = `none, because the job has a ${rule.kind}`
      throw new EquipageError('E_BAD_OPTION', { where, option: 'unique', given: own, expected })
    }
    const key = keyText(job.name, own, `push of "${job.name}"`, 'unique')
    return { kind: 'unique', key, forMs: rule?.forMs ?? null }
  }
  if (!rule) return undefined
  const { kind, forMs, keyOf } = rule
  if (!keyOf) return { kind, key: `${job.name}:${digest(sorted(data))}`, forMs }
  const given = keyOf(await readPayload(job, data))
  return { kind, key: keyText(job.name, given, `job "${job.name}"`, `${kind}.key`), forMs }
}

function keyText(name: string, given: unknown, where: string, option: string): string {
  if (typeof given !== 'string' || given === '') {
    const expected = 'a text that is not empty'
    throw new EquipageError('E_BAD_OPTION', { where, option, given, expected })
  }
  return `${name}:${given.length > longestKey ? digest(given) : given}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** JSON whose fields are in one order: two payloads that hold the same give the same text. */
function sorted(data: Json): string {
  return JSON.stringify(data, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const fields = Object.entries(value)
    // Without a prototype, a field of the name __proto__ is one as any other.
    const ordered: Record<string, unknown> = Object.create(null)
    for (const [key, field] of fields.sort(([a], [b]) => (a < b ? -1 : 1))) ordered[key] = field
    return ordered
  })
}

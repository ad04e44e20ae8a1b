import type { StandardSchemaV1 } from '@standard-schema/spec'
import { EquipageError, type Json, jsonText, prototypeKey } from '../../core/index.ts'

/** Any validator that keeps to Standard Schema: zod, valibot, arktype ... */
export type PayloadSchema<Input = unknown, Payload = unknown> = StandardSchemaV1<Input, Payload>

/** What a payload is checked against, and the name that errors give it. */
interface Owner {
  readonly name: string
  readonly schema: PayloadSchema | undefined
}

/**
 * The data that a push writes: the payload as JSON, after its schema has accepted it. The
 * data is what was given, not what the schema made of it, because the schema sees it again
 * before the job runs, and a change may not be possible twice.
 * @param limitBytes the most that it may take as JSON; any number when left out
 * @returns a promise of it only where the schema needs one
 * @throws E_NOT_JSON, E_BAD_PAYLOAD, E_PAYLOAD_SIZE
 */
export function payloadData(
  owner: Owner,
  payload: unknown,
  limitBytes?: number,
): Json | Promise<Json> {
  const text = jsonText(payload ?? {}, `payload of job "${owner.name}"`)
  const bytes = Buffer.byteLength(text)
  if (limitBytes !== undefined && bytes > limitBytes) {
    throw new EquipageError('E_PAYLOAD_SIZE', { job: owner.name, bytes, limitBytes })
  }
  const data: Json = JSON.parse(text)
  const read = readPayload(owner, data)
  return read instanceof Promise ? read.then(() => data) : data
}

/**
 * The payload that a job's function gets: its data, read by its schema.
 * @returns a promise of it only where the schema needs one: a job begins the sooner without
 * @throws E_BAD_PAYLOAD, which names each field
 */
export function readPayload(owner: Owner, data: unknown): unknown {
  const path = prototypeKey(data)
  if (path !== undefined) {
    const issues = [`payload.${path}: a key that code could take for the prototype of an object`]
    throw new EquipageError('E_BAD_PAYLOAD', { job: owner.name, issues, given: data })
  }
  if (owner.schema) {
    const answer = owner.schema['~standard'].validate(data)
    if (answer instanceof Promise) return answer.then(result => accepted(owner, data, result))
    return accepted(owner, data, answer)
  }
  if (isEmpty(data)) return {}
  const issues = ['it takes none, because its definition has no `payload` schema']
  throw new EquipageError('E_BAD_PAYLOAD', { job: owner.name, issues, given: data })
}

function accepted(owner: Owner, data: unknown, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(issue => `${pathOf(issue)}: ${issue.message}`)
  throw new EquipageError('E_BAD_PAYLOAD', { job: owner.name, issues, given: data })
}

function isEmpty(data: unknown): boolean {
  if (data === null || data === undefined) return true
  return typeof data === 'object' && !Array.isArray(data) && Object.keys(data).length === 0
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map(part => String(typeof part === 'object' ? part.key : part))
  return ['payload', ...keys].join('.')
}

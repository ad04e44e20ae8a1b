import type { Json } from '../../core/index.ts'
import { type JobEnd, type JobMetadata, type OnFailure, readMetadata } from '../pushing/index.ts'

/** One run of a group, as it stands with the connection while it goes on. */
export interface GroupPlan {
  /** The group's name. */
  readonly name: string
  /** Where the job that spread it is found. */
  readonly fanOut: { readonly queue: string; readonly id: string }
  /** The payload of the group. */
  readonly data: Json
  /** What each of its jobs carries, beside its place. */
  readonly metadata: JobMetadata
  readonly slots: readonly PlannedSlot[]
  /** In the order of their places. */
  readonly members: readonly PlannedMember[]
  readonly finally: PlannedJob | null
}

export interface PlannedSlot {
  readonly key: string
  readonly list: boolean
  readonly onFailure: OnFailure
}

export interface PlannedJob {
  /** The job's name. */
  readonly job: string
  readonly queue: string
}

export interface PlannedMember extends PlannedJob {
  /** Which of the slots it belongs to. */
  readonly slot: number
}

/** The most members of one run of a group. */
export const mostMembers = 10_000

/** The id of a job of a group: the same whoever pushes it. */
export function memberId(group: string, index: number | 'finally'): string {
  return `${group}-${index}`
}

/**
 * A plan as a store gave it back.
 * @returns undefined when it does not have the form of one
 */
export function readPlan(text: string | null | undefined): GroupPlan | undefined {
  const value = parsed(text)
  if (!isObject(value)) return undefined
  const { name, fanOut, slots, members, finally: finallyJob } = value
  if (typeof name !== 'string' || !isObject(fanOut) || !isJobAddress(fanOut)) return undefined
  if (!Array.isArray(slots) || !slots.every(isSlot)) return undefined
  if (!Array.isArray(members) || !members.every(member => isMember(member, slots.length)))
    return undefined
  if (finallyJob !== null && !(isObject(finallyJob) && isJob(finallyJob))) return undefined
  const data = (value['data'] ?? null) as Json
  return {
    name,
    fanOut,
    data,
    metadata: readMetadata(value['metadata']),
    slots,
    members,
    finally: finallyJob,
  }
}

/** The end of a member as a store gave it back; undefined when it does not have the form of one. */
export function readEnd(text: string | null | undefined): JobEnd<Json> | undefined {
  const value = parsed(text)
  if (!isObject(value)) return undefined
  const { state, result = null, error } = value
  if (state === 'completed') return { state, result: result as Json }
  if (state !== 'failed' || !isObject(error)) return undefined
  const { name, message } = error
  return typeof name === 'string' && typeof message === 'string'
    ? { state, error: { name, message } }
    : undefined
}

type Fields = Record<string, unknown>

function parsed(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isJobAddress(value: Fields): value is Fields & GroupPlan['fanOut'] {
  return typeof value['queue'] === 'string' && typeof value['id'] === 'string'
}

function isSlot(value: unknown): value is PlannedSlot {
  if (!isObject(value)) return false
  const { key, list, onFailure } = value
  const policy = onFailure === 'fail' || onFailure === 'continue'
  return typeof key === 'string' && typeof list === 'boolean' && policy
}

function isJob(value: Fields): value is Fields & PlannedJob {
  return typeof value['job'] === 'string' && typeof value['queue'] === 'string'
}

function isMember(value: unknown, slots: number): value is PlannedMember {
  if (!isObject(value) || !isJob(value)) return false
  const slot: unknown = value['slot']
  return Number.isSafeInteger(slot) && Number(slot) >= 0 && Number(slot) < slots
}

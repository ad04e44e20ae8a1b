import type { Json } from '../../core/index.ts'
import type { KeepRules } from './keep.ts'
import type { OnFailure } from './on-failure.ts'
import type { PushGuard } from './push-guard.ts'
import { areTags } from './tags.ts'
import { readTickMetadata, type TickMetadata } from './tick-metadata.ts'

/** Where in a run of a chain a job stands. */
export interface ChainMetadata {
  /** The chain's name. */
  readonly name: string
  /** The same for all jobs of one run of it. */
  readonly id: string
  /** The job's place, counted from 0. */
  readonly link: number
}

/** Where in a run of a group a job stands. */
export interface GroupMetadata {
  /** The group's name. */
  readonly name: string
  /** The same for all jobs of one run of it. */
  readonly id: string
  /** A member's place, counted from 0, or the last job; left out for the job that spreads the group. */
  readonly index?: number | 'finally'
  /** What a member's failure means for the group. */
  readonly onFailure?: OnFailure
}

/** The same of a job that is not the one that spreads it. */
export type GroupMemberMetadata = GroupMetadata & { readonly index: number | 'finally' }

/** The job whose function pushed another. */
export interface ParentMetadata {
  readonly id: string
  readonly name: string
  readonly queue: string
}

/** What the framework adds to a job; it travels apart from the payload. */
export interface JobMetadata {
  readonly chain?: ChainMetadata
  readonly group?: GroupMetadata
  readonly tick?: TickMetadata
  /** One or more. */
  readonly tags?: readonly string[]
  readonly parent?: ParentMetadata
}

/** A job on its way into a queue: checked, and as data only. */
export interface PushedJob {
  /** Set where a second push of the same job must be refused; otherwise the carrier gives one. */
  readonly id?: string
  readonly name: string
  readonly queue: string
  /** The payload as JSON. */
  readonly data: Json
  readonly attempts: number
  /** Milliseconds until it may run; 0 for at once. */
  readonly delayMs: number
  /** 0 (first) to 2097151; lower runs first. */
  readonly priority: number
  /** What has to hold before the job is taken; none for the later jobs of a chain, and those of a group. */
  readonly guard?: PushGuard
  /** What becomes of it when it has ended, where that is not the connection's own rule. */
  readonly keep?: KeepRules
  readonly metadata: JobMetadata
}

/** What became of a push, as far as it is known when the push returns. */
export interface Receipt<Result = unknown> {
  /** The job's id; of a refused push, that of the job in its way. */
  readonly id: string
  /** The name of the job, chain or group that was pushed. */
  readonly name: string
  readonly queue: string
  /**
   * `waiting` and `delayed`: a worker will run it. `refused`: nothing was pushed, since another
   * job of the same key is in its way. The others come from a connection that runs jobs inline:
   * `completed`, `retrying` (the first attempt failed, the next is kept until it is due) and
   * `failed`.
   */
  readonly state: 'waiting' | 'delayed' | 'refused' | 'completed' | 'retrying' | 'failed'
  /** The job in the way, when `refused`. It may have ended, where a time keeps others away. */
  readonly existing?: { readonly id: string }
  /** What the job may be found by; left out when it has none. */
  readonly tags?: readonly string[]
  /** What it returned, when `completed`; the last result of a chain or group. */
  readonly result?: Result
  /** Why, when `retrying` or `failed`. */
  readonly error?: Error
}

/** What became of a push that the job of that id is in the way of. */
export function refusedReceipt({ name, queue }: PushedJob, id: string): Receipt {
  return { id, name, queue, state: 'refused', existing: { id } }
}

/**
 * A stamp as a queue gave it back. Anybody can write to a queue, so what does not have the
 * form of a stamp is left out.
 */
export function readMetadata(value: unknown): JobMetadata {
  if (!isObject(value)) return {}
  const { chain, group, tags } = value
  const parent = readParent(value['parent'])
  const tick = isObject(value['tick']) ? readTickMetadata(value['tick']) : undefined
  return {
    ...(isObject(chain) && isChainMetadata(chain) ? { chain } : {}),
    ...(isObject(group) && isGroupMetadata(group) ? { group } : {}),
    ...(tick ? { tick } : {}),
    ...(areTags(tags) && tags.length > 0 ? { tags: [...tags] } : {}),
    ...(parent ? { parent } : {}),
  }
}

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isChainMetadata(value: Fields): value is Fields & ChainMetadata {
  return isNamedRun(value) && isCounted(value['link'])
}

function isGroupMetadata(value: Fields): value is Fields & GroupMetadata {
  const { index, onFailure } = value
  const known = onFailure === undefined || onFailure === 'fail' || onFailure === 'continue'
  const indexed = index === undefined || index === 'finally' || isCounted(index)
  return isNamedRun(value) && known && indexed
}

function isNamedRun({ name, id }: Fields): boolean {
  return typeof name === 'string' && typeof id === 'string' && /^[\w-]{1,100}$/.test(id)
}

function isCounted(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function readParent(value: unknown): ParentMetadata | undefined {
  if (!isObject(value)) return undefined
  const { id, name, queue } = value
  const texts = typeof id === 'string' && typeof name === 'string' && typeof queue === 'string'
  return texts ? { id, name, queue } : undefined
}

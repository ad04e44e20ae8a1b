import type { Json } from './json.ts'
import { readTickStamp, type TickStamp } from './tick-stamp.ts'

/** Where in a run of a chain a job stands. */
export interface ChainStamp {
  /** The chain's name. */
  readonly name: string
  /** The same for all jobs of one run of it. */
  readonly id: string
  /** The job's place, counted from 0. */
  readonly link: number
}

/** What the framework adds to a job; it travels apart from the payload. */
export interface Stamp {
  readonly chain?: ChainStamp
  readonly tick?: TickStamp
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
  readonly stamp: Stamp
}

/** What became of a push, as far as it is known when the push returns. */
export interface Receipt<Result = unknown> {
  readonly id: string
  /** The name of the job or chain that was pushed. */
  readonly name: string
  readonly queue: string
  /**
   * `waiting` and `delayed`: a worker will run it. The others come from a connection that runs
   * jobs inline: `completed`, `retrying` (the first attempt failed, the next is kept until it
   * is due) and `failed`.
   */
  readonly state: 'waiting' | 'delayed' | 'completed' | 'retrying' | 'failed'
  /** What it returned, when `completed`; a chain's last result. */
  readonly result?: Result
  /** Why, when `retrying` or `failed`. */
  readonly error?: Error
}

/**
 * A stamp as a queue gave it back. Anybody can write to a queue, so what does not have the
 * form of a stamp is left out.
 */
export function readStamp(value: unknown): Stamp {
  if (!isObject(value)) return {}
  const { chain } = value
  const tick = isObject(value['tick']) ? readTickStamp(value['tick']) : undefined
  return {
    ...(isObject(chain) && isChainStamp(chain) ? { chain } : {}),
    ...(tick ? { tick } : {}),
  }
}

type Fields = Record<string, unknown>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isChainStamp(value: Fields): value is Fields & ChainStamp {
  const { name, id, link } = value
  const named = typeof name === 'string' && typeof id === 'string' && /^[\w-]{1,100}$/.test(id)
  return named && Number.isSafeInteger(link) && Number(link) >= 0
}

import type { Json } from '../../core/index.ts'
import {
  type Attempt,
  type CarriedError,
  carriedError,
  type Progress,
  type PushOptions,
  partPrefix,
  type Receipt,
  readMetadata,
  revivedError,
} from '../../job/index.ts'

/** An attempt as it crosses to an isolated process: data alone. */
export type IsolatedAttempt = Omit<Attempt, 'signal' | 'checkpoints' | 'report'>

/**
 * What a worker says to an isolated process. `run` is the number of a run within the process:
 * whatever belongs to another one than the last is left alone.
 */
export type ToIsolated =
  | { kind: 'run'; run: number; attempt: IsolatedAttempt }
  | { kind: 'abort'; run: number; reason: CarriedError }
  | { kind: 'answer'; run: number; request: number; value?: unknown; error?: CarriedError }

/** What a run asks of its worker, which answers with a value or an error. */
export type IsolatedRequest =
  | { ask: 'load'; name: string }
  | { ask: 'save'; name: string; json: string }
  | { ask: 'push'; job: string; payload?: unknown; options?: PushOptions }

/** What an isolated process says to its worker. */
export type FromIsolated =
  /** It has a run in hand; one that it has not may be given to another process. */
  | { kind: 'begun'; run: number }
  | { kind: 'request'; run: number; request: number; wants: IsolatedRequest }
  | { kind: 'progress'; run: number; progress: Progress }
  /** `memoryBytes` is what the process occupies. */
  | { kind: 'ended'; run: number; memoryBytes: number; result?: Json; error?: CarriedError }
  /** It cannot run this at all: the application does not load, or has no such job. */
  | { kind: 'unable'; run: number; error: CarriedError }

type Fields = Readonly<Record<string, unknown>>

/** A message of a worker; undefined when it has the form of none. */
export function readToIsolated(value: unknown): ToIsolated | undefined {
  if (!isObject(value) || !isCount(value['run'])) return undefined
  const { kind, run } = value
  if (kind === 'run') {
    const attempt = readAttempt(value['attempt'])
    return attempt && { kind, run, attempt }
  }
  if (kind === 'abort' && isObject(value['reason'])) {
    return { kind, run, reason: value['reason'] as unknown as CarriedError }
  }
  if (kind !== 'answer' || !isCount(value['request'])) return undefined
  const { request, error } = value
  if (error === undefined) return { kind, run, request, value: value['value'] }
  return { kind, run, request, error: error as CarriedError }
}

/** A message of an isolated process; undefined when it has the form of none, since a job can send there too. */
export function readFromIsolated(value: unknown): FromIsolated | undefined {
  if (!isObject(value) || !isCount(value['run'])) return undefined
  const { kind, run } = value
  switch (kind) {
    case 'begun':
      return { kind, run }
    case 'request': {
      const wants = readRequest(value['wants'])
      return isCount(value['request']) && wants
        ? { kind, run, request: value['request'], wants }
        : undefined
    }
    case 'progress':
      return isProgress(value['progress']) ? { kind, run, progress: value['progress'] } : undefined
    case 'ended': {
      const { memoryBytes, error, result } = value
      if (typeof memoryBytes !== 'number' || !(memoryBytes >= 0)) return undefined
      if (error === undefined) return { kind, run, memoryBytes, result: (result ?? null) as Json }
      return { kind, run, memoryBytes, error: error as CarriedError }
    }
    case 'unable':
      return { kind, run, error: value['error'] as CarriedError }
    default:
      return undefined
  }
}

function readAttempt(value: unknown): IsolatedAttempt | undefined {
  if (!isObject(value)) return undefined
  const { id, name, queue, attempt, attempts, starts, pushedAt } = value
  if (typeof id !== 'string' || typeof name !== 'string' || typeof queue !== 'string') return
  if (!isCount(attempt) || !isCount(attempts) || !isCount(starts)) return undefined
  if (typeof pushedAt !== 'number') return undefined
  const metadata = readMetadata(value['metadata'])
  return { id, name, queue, data: value['data'], attempt, attempts, starts, pushedAt, metadata }
}

function readRequest(value: unknown): IsolatedRequest | undefined {
  if (!isObject(value)) return undefined
  const { ask, name, json, job, payload, options } = value
  if (ask === 'load' && isPart(name)) return { ask, name }
  if (ask === 'save' && isPart(name) && typeof json === 'string') return { ask, name, json }
  if (ask !== 'push' || typeof job !== 'string') return undefined
  // What stands in the options is checked where every push is.
  return { ask, job, payload, ...(isObject(options) ? { options } : {}) }
}

/** A receipt as it crosses back to the function that pushed. */
export function carriedReceipt({ error, ...receipt }: Receipt): object {
  return { ...receipt, ...(error ? { error: carriedError(error) } : {}) }
}

/** @throws TypeError when it has not the form of a receipt */
export function revivedReceipt(value: unknown): Receipt {
  if (!isObject(value) || typeof value['id'] !== 'string' || typeof value['state'] !== 'string') {
    throw new TypeError('the worker gave no receipt for a push')
  }
  const { error, ...receipt } = value
  const revived = error === undefined ? {} : { error: revivedError(error) }
  return { ...(receipt as unknown as Receipt), ...revived }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** The name of an author's part: the framework's own marks beside them are the worker's alone. */
function isPart(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(partPrefix)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isProgress(value: unknown): value is Progress {
  if (typeof value === 'number') return true
  return isObject(value) && typeof value['done'] === 'number' && typeof value['total'] === 'number'
}

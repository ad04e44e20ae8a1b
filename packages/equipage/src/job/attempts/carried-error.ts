import { catalogue, EquipageError, type ErrorCode, type Json, toError } from '../../core/index.ts'
import { DoNotRetry, isDoNotRetry, Release, releaseDelay } from './thrown.ts'

/** An error as data: what is left of it when it has gone from one process to another. */
export interface CarriedError {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  /** Of an error of the catalogue. */
  readonly fields?: Json
  readonly cause?: CarriedError
  /** It says that its job has failed for good. */
  readonly final?: true
  /** It releases its job, for so many milliseconds. */
  readonly releaseMs?: number
}

/** Causes of causes are followed so far: they may go in a circle. */
const causesFollowed = 5

/** Anything that was thrown, as data. Its class is lost, unless it is one of the framework's. */
export function carriedError(thrown: unknown, causesLeft = causesFollowed): CarriedError {
  const error = toError(thrown)
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  const releaseMs = releaseDelay(error)
  return {
    name: String(name),
    message: String(message),
    ...(typeof stack === 'string' ? { stack } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(error instanceof EquipageError ? { fields: fieldsOf(error) } : {}),
    ...(cause instanceof Error && causesLeft > 0
      ? { cause: carriedError(cause, causesLeft - 1) }
      : {}),
    ...(isDoNotRetry(error) ? { final: true } : {}),
    ...(releaseMs === undefined ? {} : { releaseMs }),
  }
}

function fieldsOf({ fields }: EquipageError): Json {
  try {
    return JSON.parse(JSON.stringify(fields)) as Json
  } catch {
    // A field shows what was given, which may be anything; the message has been made of it already.
    return {}
  }
}

/**
 * The error in what another process sent; one that says so, when it has not the form of an error.
 */
export function revivedError(value: unknown, causesLeft = causesFollowed): Error {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof CarriedError, unknown>
  >
  const message = typeof given.message === 'string' ? given.message : 'an error without a message'
  const error = classOf(given, message)
  const hidden = (field: string, content: unknown) =>
    Object.defineProperty(error, field, { value: content, configurable: true, writable: true })
  hidden('message', message)
  if (typeof given.name === 'string') hidden('name', given.name)
  if (typeof given.stack === 'string') hidden('stack', given.stack)
  if (typeof given.code === 'string' && !('code' in error))
    Object.assign(error, { code: given.code })
  if (typeof given.cause === 'object' && given.cause !== null && causesLeft > 0) {
    hidden('cause', revivedError(given.cause, causesLeft - 1))
  }
  return error
}

/** The classes that the pipeline tells apart; any other error is a plain one. */
function classOf(
  { code, fields, final, releaseMs }: Partial<Record<keyof CarriedError, unknown>>,
  message: string,
): Error {
  if (final === true) return new DoNotRetry(message)
  if (typeof releaseMs === 'number' && Number.isSafeInteger(releaseMs) && releaseMs >= 0) {
    return new Release(releaseMs, message)
  }
  if (typeof code !== 'string' || !Object.hasOwn(catalogue, code)) return new Error(message)
  if (typeof fields !== 'object' || fields === null) return new Error(message)
  try {
    return new EquipageError(code as ErrorCode, fields as never)
  } catch {
    // Its message cannot be made of these fields; it came with one.
    return new Error(message)
  }
}

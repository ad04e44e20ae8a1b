import { type Catalogue, catalogue, type ErrorCode } from './error-catalogue.ts'

/** What a given code's message is made of. */
export type ErrorFields<Code extends ErrorCode> = Parameters<Catalogue[Code]>[0]

/**
 * Every error that the framework raises: a stable `code`, the `fields` that its
 * message was made of, and the `cause` where there is one. The codes are listed
 * with what to do about them in docs/reference/errors.md.
 */
export class EquipageError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly fields: ErrorFields<Code>

  constructor(code: Code, fields: ErrorFields<Code>, options?: { cause?: unknown }) {
    // Each entry takes its own fields; the type of `fields` already ties them to the code.
    const message = (catalogue[code] as (fields: ErrorFields<Code>) => string)(fields)
    super(message, options)
    this.name = 'EquipageError'
    this.code = code
    this.fields = fields
  }
}

/** Whether an error is the framework's own, and if a code is given, that one. */
export function isEquipageError<Code extends ErrorCode>(
  error: unknown,
  code?: Code,
): error is EquipageError<Code> {
  return error instanceof EquipageError && (code === undefined || error.code === code)
}

/**
 * Anything that was thrown, as an Error: a thrown string becomes an error that says
 * so, because `throw 'text'` has no stack and loses its place.
 */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  return new EquipageError('E_THROWN_VALUE', { value: thrown }, { cause: thrown })
}

export type { ErrorCode }

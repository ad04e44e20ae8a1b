import { inspect } from 'node:util'

/**
 * A value as an error message shows it: short, on one line.
 * @returns at most about 120 characters
 */
export function shown(value: unknown): string {
  const text = inspect(value, {
    depth: 2,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 80,
  })
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/**
 * Every message of the framework, by its stable code. Each says what happened,
 * what was given and what to do. docs/reference/errors.md lists the same codes;
 * a test holds the two together.
 */
export const catalogue = {
  // core
  E_BAD_DURATION: (f: { place: string; given: unknown }) =>
    `${f.place}: expected a duration such as 250, '30s', '5m' or '1h30m', got ${shown(f.given)}`,
  E_THROWN_VALUE: (f: { value: unknown }) =>
    `${shown(f.value)} was thrown, which is not an Error; throw new Error(...) so that its stack is kept`,
}

export type Catalogue = typeof catalogue
export type ErrorCode = keyof Catalogue

import { durationMs, sizeBytes } from '../core/index.ts'

/**
 * How one setting is read and checked. A function, because that is what convict
 * takes for a format: called with a value, it throws when the value is not allowed.
 *
 * convict's own formats are not used, because they guess: with them `FLAG=no` is true
 * and `N=12abc` is 12.
 */
export interface Format<T> {
  (value: unknown): asserts value is T
  /** What is allowed, to end the sentence "expected ...". */
  readonly expected: string
  /** Reads a variable's text; undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined
}

function format<T>(
  expected: string,
  parse: (text: string) => T | undefined,
  accepts: (value: unknown) => boolean,
): Format<T> {
  const check = (value: unknown) => {
    if (!accepts(value)) throw new TypeError(`expected ${expected}`)
  }
  return Object.assign(check, { expected, parse }) as Format<T>
}

/** Any text; an empty variable counts as one that is not set. */
export const text = (): Format<string> =>
  format(
    'text',
    given => given,
    value => typeof value === 'string',
  )

/** One of the given names. */
export const oneOf = <const Name extends string>(...names: Name[]): Format<Name> => {
  const known = (value: unknown): value is Name => names.some(name => name === value)
  return format(`one of ${names.join(', ')}`, given => (known(given) ? given : undefined), known)
}

/** A whole number in decimal digits, from `min` to `max`, both included. */
export const int = (min: number, max: number): Format<number> => {
  const inside = (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
  return format(
    `a whole number from ${min} to ${max}`,
    given => (/^-?\d+$/.test(given) && inside(Number(given)) ? Number(given) : undefined),
    inside,
  )
}

/** A TCP port. */
export const port = (): Format<number> => int(1, 65_535)

const truths: Record<string, boolean> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
}

/** A switch: true, yes, on or 1 against false, no, off or 0, in any case. */
export const bool = (): Format<boolean> =>
  format(
    'true, yes, on or 1, or false, no, off or 0',
    given => (Object.hasOwn(truths, given.toLowerCase()) ? truths[given.toLowerCase()] : undefined),
    value => typeof value === 'boolean',
  )

/** Texts separated by commas; spaces around them do not count, and none may be empty. */
export const csv = (): Format<string[]> =>
  format(
    'names separated by commas, none of them empty',
    given => {
      const names = given.split(',').map(name => name.trim())
      return names.includes('') ? undefined : names
    },
    value => Array.isArray(value) && value.every(name => typeof name === 'string' && name !== ''),
  )

/** A length of time such as `30s` or `1h30m`, `least` or longer; the value stays as written, `durationMs` reads it. */
export const duration = (least?: string): Format<string> => {
  const leastMs = least === undefined ? 0 : durationMs(least, 'setting')
  const readable = (value: unknown): value is string => {
    try {
      return typeof value === 'string' && durationMs(value, 'setting') >= leastMs
    } catch {
      return false
    }
  }
  return format(
    `a duration such as 30s, 5m or 1h30m${least === undefined ? '' : `, ${least} or longer`}`,
    given => (readable(given) ? given : undefined),
    readable,
  )
}

/** An amount of data such as `500KB` or `10MB`; the value stays as written, `sizeBytes` reads it. */
export const size = (): Format<string> => {
  const readable = (value: unknown): value is string => {
    try {
      return typeof value === 'string' && sizeBytes(value, 'setting') > 0
    } catch {
      return false
    }
  }
  return format(
    'an amount of data such as 500KB, 10MB or 1GB',
    given => (readable(given) ? given : undefined),
    readable,
  )
}

/** A name of the time zone database such as Europe/Madrid, or UTC. */
export const zone = (): Format<string> => {
  const known = (value: unknown): value is string => {
    try {
      return (
        typeof value === 'string' && new Intl.DateTimeFormat('en', { timeZone: value }) !== null
      )
    } catch {
      return false
    }
  }
  return format(
    'a time zone such as Europe/Madrid or UTC',
    given => (known(given) ? given : undefined),
    known,
  )
}

/** An address with one of the given schemes, such as `redis://host:6379/0`. */
export const url = (...schemes: string[]): Format<string> => {
  const readable = (value: unknown): value is string =>
    typeof value === 'string' &&
    schemes.some(scheme => value.toLowerCase().startsWith(`${scheme}://`)) &&
    URL.canParse(value)
  return format(
    `an address that begins with ${schemes.map(scheme => `${scheme}://`).join(' or ')}`,
    given => (readable(given) ? given : undefined),
    readable,
  )
}

/** Hosts with their ports, `host:port` or `[::1]:port`, separated by commas; spaces around them do not count. */
export const addresses = (): Format<string[]> => {
  const readable = (value: unknown): value is string => {
    if (typeof value !== 'string' || !/^(\[[^\]\s]+\]|[^:/?#@\s]+):\d+$/.test(value)) return false
    return URL.canParse(`redis://${value}`) && Number(new URL(`redis://${value}`).port) > 0
  }
  return format(
    'addresses such as host:26379, separated by commas',
    given => {
      const hosts = given.split(',').map(host => host.trim())
      return hosts.every(readable) ? hosts : undefined
    },
    value => Array.isArray(value) && value.length > 0 && value.every(readable),
  )
}

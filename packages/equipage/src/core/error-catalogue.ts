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

/** One thing that is wrong with the configuration. */
export interface ConfigFault {
  /** The variable and where it is set, or the setting whose default is wrong. */
  place: string
  /** The value, or a mask. */
  given: unknown
  /** What is allowed. */
  expected?: string
  /** Nothing reads this variable; `nearest` is the one that was meant. */
  unknown?: boolean
  nearest?: string
}

/** One fault as a line of a list. */
function faultLine(fault: ConfigFault): string {
  if (fault.unknown) return `  ${fault.place}: no such variable; did you mean ${fault.nearest}?`
  return `  ${fault.place}: expected ${fault.expected}, got ${shown(fault.given)}`
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

  // config
  E_CONFIG: (f: { faults: ConfigFault[] }) =>
    `the configuration has ${f.faults.length} ${f.faults.length === 1 ? 'fault' : 'faults'}; nothing was started:\n${f.faults.map(faultLine).join('\n')}`,
  E_ENV_FILE: (f: { path: string }) =>
    `${f.path} cannot be read; make it readable to this user, or remove it`,
  E_UNKNOWN_SETTING: (f: { path: string; nearest: string | undefined }) =>
    `no setting is declared at "${f.path}"${f.nearest ? `; did you mean "${f.nearest}"?` : '; declare it in config/'}`,

  // log
  E_LOG_CHANNEL: (f: { given: string; known: readonly string[]; nearest: string | undefined }) =>
    `LOG_STACK names the channel ${shown(f.given)}${f.nearest ? `; did you mean "${f.nearest}"?` : `; it may name ${f.known.join(', ')}`}`,

  // database
  E_DATABASE_OPEN: (f: { file: string; reason: string }) =>
    `the database file ${f.file} cannot be opened (${f.reason}); check that its folder can be written to and that it is an SQLite file`,
  E_MIGRATION: (f: { owner: string; migration: string | undefined; reason: string }) =>
    `${f.migration ? `migration "${f.migration}"` : 'the migrations'} of "${f.owner}" failed, and nothing of it was kept: ${f.reason}`,
}

export type Catalogue = typeof catalogue
export type ErrorCode = keyof Catalogue

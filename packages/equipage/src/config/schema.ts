import type { Format } from './format.ts'

/** One setting, as convict declares it. */
export interface Setting {
  /** What it is for, in a sentence: `equipage config` and the reference show it. */
  readonly doc: string
  readonly format: Format<unknown> | ArrayConstructor | ObjectConstructor
  /** Used when neither the environment nor `.env` sets it. */
  readonly default: unknown
  /** The environment variable that sets it. */
  readonly env?: string
  /** Its value is never shown. */
  readonly sensitive?: boolean
  /** `default: null` is allowed, and means "not set". */
  readonly nullable?: boolean
  /** Judges the variable beside others, once it is set. */
  readonly beside?: Beside
}

/**
 * Judges a variable beside others.
 * @param value the text that another variable is set to, undefined when it is not set
 * @returns what is expected in its place, to end the sentence "expected ..."; undefined when all is well
 */
export type Beside = (value: (variable: string) => string | undefined) => string | undefined

/** Settings by name, in groups of any depth. */
export interface Schema {
  readonly [name: string]: Setting | Schema
}

type ValueOf<S extends { format: unknown; default: unknown }> =
  S['format'] extends Format<infer T> ? (S['default'] extends null ? T | null : T) : S['default']

/** The values that a schema describes. */
export type Values<S> = {
  readonly [Key in keyof S]: S[Key] extends { format: unknown; default: unknown }
    ? ValueOf<S[Key]>
    : Values<S[Key]>
}

/** Every dotted path into the values: groups and settings. */
export type Path<V> = {
  [Key in keyof V & string]: V[Key] extends readonly unknown[] | string | number | boolean | null
    ? Key
    : Key | `${Key}.${Path<V[Key]>}`
}[keyof V & string]

/** What stands at a dotted path. */
export type At<V, P extends string> = P extends `${infer Head}.${infer Rest}`
  ? Head extends keyof V
    ? At<V[Head], Rest>
    : never
  : P extends keyof V
    ? V[P]
    : never

/** Whether a node of a schema is a setting, not a group. */
export function isSetting(node: Setting | Schema): node is Setting {
  return 'default' in node && 'format' in node
}

/** Every setting of a schema with its dotted path, in the order of declaration. */
export function* settingsOf(schema: Schema, prefix = ''): Generator<[path: string, Setting]> {
  for (const [name, node] of Object.entries(schema)) {
    if (isSetting(node)) yield [prefix + name, node]
    else yield* settingsOf(node, `${prefix}${name}.`)
  }
}

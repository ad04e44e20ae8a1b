/**
 * What can be pushed onto a queue by name: a job, a chain or a group. `'~input'` and `'~result'` exist
 * for the compiler alone: they carry the types of the payload that a push takes and of what
 * comes out in the end.
 */
export interface Pushable<Input = unknown, Result = unknown> {
  readonly kind: 'job' | 'chain' | 'group'
  readonly name: string
  readonly '~input'?: Input
  readonly '~result'?: Result
}

/** The payload argument of a push: left out when the job takes none, or when every field has a default. */
export type PayloadArgument<Input> = undefined extends Input
  ? [payload?: Input]
  : Record<never, never> extends Input
    ? [payload?: Input]
    : [payload: Input]

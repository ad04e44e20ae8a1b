/**
 * What can be pushed onto a queue by name: a job or a chain. `'~input'` exists for
 * the compiler alone: it carries the type of the payload that a push takes.
 */
export interface Pushable<Input = unknown> {
  readonly kind: 'job' | 'chain'
  readonly name: string
  readonly '~input'?: Input
}

/** The payload argument of a push: left out when the job takes none, or when every field has a default. */
export type PayloadArgument<Input> = undefined extends Input
  ? [payload?: Input]
  : Record<never, never> extends Input
    ? [payload?: Input]
    : [payload: Input]

import type { PayloadArgument } from './pushable.ts'

/** How one push differs from what the job's definition says. */
export interface PushOptions {
  /** 0 (the default) to 2097151; lower runs first. */
  priority?: number
}

/** The payload, if the job takes one, and the options of a push. */
export type PushArguments<Input> = [...PayloadArgument<Input>, options?: PushOptions]

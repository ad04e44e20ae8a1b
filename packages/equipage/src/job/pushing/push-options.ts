import { refuseMisspelt } from '../../core/index.ts'
import type { KeepOptions } from './keep.ts'
import type { PayloadArgument } from './pushable.ts'

/** How one push differs from what the job's definition says. */
export interface PushOptions {
  /** 0 to 2097151; lower runs first. The job's own, or 0, when left out. */
  priority?: number
  /** The push is refused while a job of the same name and key is unfinished; in place of the key of the job's own `unique`. */
  unique?: string
  /** More tags, beside the job's own: 20 at most together, of 1 to 100 characters. */
  tags?: readonly string[]
  /** What becomes of the job when it has ended, in place of what its definition says of that end; of a chain's first job. */
  keep?: KeepOptions
}

const known: Record<keyof PushOptions, true> = {
  priority: true,
  unique: true,
  tags: true,
  keep: true,
}

/**
 * @param where which push it is, for the error: `push of "report.rebuild"`
 * @throws E_BAD_OPTION for an option that is misspelt
 */
export function checkPushOptions(given: PushOptions, where: string): void {
  refuseMisspelt(given, known, where)
}

/** The payload, if the job takes one, and the options of a push. */
export type PushArguments<Input> = [...PayloadArgument<Input>, options?: PushOptions]

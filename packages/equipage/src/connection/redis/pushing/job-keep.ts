import type { JobsOptions, KeepJobs } from 'bullmq'
import type { KeepRule, KeepRules } from '../../../job/index.ts'

/** How long and how many finished jobs a queue keeps. */
export interface Keep {
  readonly ageMs: number
  readonly count: number
}

/** How finished jobs are kept where a job does not say it. */
export interface KeepDefaults {
  readonly completed: Keep
  readonly failed: Keep
}

/**
 * A job's own retention as BullMQ's options, which take the place of its worker's as a whole: so
 * what the job leaves out is filled in.
 */
export function keepOptions(
  { completed, failed }: KeepRules,
  defaults: KeepDefaults,
): Pick<JobsOptions, 'removeOnComplete' | 'removeOnFail'> {
  return {
    ...(completed === undefined
      ? {}
      : { removeOnComplete: keepJobs(completed, defaults.completed) }),
    ...(failed === undefined ? {} : { removeOnFail: keepJobs(failed, defaults.failed) }),
  }
}

/** BullMQ counts ages in seconds; `true` is its word for keeping none. */
function keepJobs(rule: KeepRule | false, defaults: Keep): true | KeepJobs {
  if (rule === false) return true
  const { ageMs, count } = { ...defaults, ...rule }
  return { age: ageMs / 1_000, count }
}

import { EquipageError } from '../../core/index.ts'
import type { JobDefinition } from './define-job.ts'

/**
 * A job of a chain or group: a push that may be refused, or thrown away for a later one, would leave
 * it without an end.
 * @param where whose job it is, for the error: `group "all", with(a, ...)`
 * @throws E_BAD_OPTION when it is no job, or one with unique, debounce or throttle
 */
export function checkFollowedJob(given: unknown, where: string, option: string): JobDefinition {
  const job = given as JobDefinition | undefined
  const guard = job?.kind === 'job' ? job.rules.guard : undefined
  if (job?.kind === 'job' && !guard) return job
  const expected = 'a job without unique, debounce and throttle'
  throw new EquipageError('E_BAD_OPTION', {
    where,
    option,
    given: guard ? guard.kind : job,
    expected,
  })
}

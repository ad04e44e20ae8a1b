import { hashOf } from '../timing/index.ts'
import type { Action } from './action.ts'
import type { SchedulePolicy } from './policy.ts'

/**
 * What a schedule is registered as: its timing's text, `#`, and a digest of its action and
 * policies. Functions count by their names: what is inside them cannot be compared.
 */
export function definitionOf<App>(dependencies: {
  timing: string
  action: Action<App>
  policy: Readonly<SchedulePolicy<App>>
}): string {
  const { action, policy } = dependencies
  const rest = [
    action.kind,
    action.name,
    action.kind === 'push' ? action.constant : undefined,
    policy.misfire,
    policy.misfireWithinMs,
    policy.overlap,
    policy.environments,
    policy.conditions.length,
  ]
  return `${dependencies.timing}#${hashOf(textOf(rest)).toString(16).padStart(8, '0')}`
}

/** A payload that is no JSON is refused when its tick fires; here it only has to give some text. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return ''
  }
}

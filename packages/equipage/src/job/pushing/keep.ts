import { type Duration, durationMs, EquipageError } from '../../core/index.ts'

/** How long a job that has ended is kept, and how many of them: one of the two, or both. */
export interface KeepLimits {
  /** Since its end, a millisecond or more; the setting's when left out. */
  age?: Duration
  /** 1 or more; the setting's when left out. */
  count?: number
}

/**
 * What becomes of a job when it has ended; `false`: it is forgotten at once. What is left out
 * follows `QUEUE_KEEP_COMPLETED_*` and `QUEUE_KEEP_FAILED_*`. A queue keeps its jobs in one place:
 * the limits are those of all its jobs that ended in that way, and are looked at when this one ends.
 */
export interface KeepOptions {
  /** A connection that runs jobs inline keeps no completed jobs. */
  completed?: KeepLimits | false
  failed?: KeepLimits | false
}

/** The limits of one state as a job carries them; a part that is not there is the connection's own. */
export interface KeepRule {
  readonly ageMs?: number
  readonly count?: number
}

/** What is not there follows the connection's own. */
export interface KeepRules {
  readonly completed?: KeepRule | false
  readonly failed?: KeepRule | false
}

const states: readonly string[] = ['completed', 'failed']
const limits: readonly string[] = ['age', 'count']

/**
 * @param where whose they are, for the errors: `job "report.rebuild"`
 * @returns undefined when nothing is given
 * @throws E_BAD_OPTION, E_BAD_DURATION
 */
export function readKeep(given: KeepOptions | undefined, where: string): KeepRules | undefined {
  if (given === undefined) return undefined
  if (!isObjectOf(given, states)) {
    const expected = '{ completed, failed }, of which each is false or { age, count }'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'keep', given, expected })
  }
  const { completed, failed } = given
  return {
    ...(completed === undefined ? {} : { completed: readRule(completed, 'completed', where) }),
    ...(failed === undefined ? {} : { failed: readRule(failed, 'failed', where) }),
  }
}

function readRule(given: KeepLimits | false, state: string, where: string): KeepRule | false {
  if (given === false) return false
  const option = `keep.${state}`
  if (!isObjectOf(given, limits) || (given.age === undefined && given.count === undefined)) {
    const expected = "false, or { age: '1d', count: 100 } or one of the two"
    throw new EquipageError('E_BAD_OPTION', { where, option, given, expected })
  }
  const { age, count } = given
  return {
    ...(age === undefined ? {} : { ageMs: readAge(age, option, where) }),
    ...(count === undefined ? {} : { count: readCount(count, option, where) }),
  }
}

function readAge(given: Duration, option: string, where: string): number {
  const ageMs = durationMs(given, `${where}, ${option}.age`)
  if (ageMs > 0) return ageMs
  const expected = 'a duration of a millisecond or more; false in place of the limits keeps none'
  throw new EquipageError('E_BAD_OPTION', { where, option: `${option}.age`, given, expected })
}

function readCount(given: unknown, option: string, where: string): number {
  if (isCount(given)) return given
  const expected = 'a whole number, 1 or more; false in place of the limits keeps none'
  throw new EquipageError('E_BAD_OPTION', { where, option: `${option}.count`, given, expected })
}

/** A rule as a store gave it back; what does not have the form of one is left out. */
export function readKeepRule(value: unknown): KeepRule | false | undefined {
  if (value === false) return false
  if (!isObjectOf(value, ['ageMs', 'count'])) return undefined
  const { ageMs, count } = value as Record<string, unknown>
  const rule = { ...(isCount(ageMs) ? { ageMs } : {}), ...(isCount(count) ? { count } : {}) }
  return Object.keys(rule).length > 0 ? rule : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function isObjectOf(value: unknown, keys: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).every(key => keys.includes(key))
}

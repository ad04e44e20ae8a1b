import { type Duration, durationMs, EquipageError } from '../../core/index.ts'
import { type KeepOptions, type KeepRules, readKeep } from './keep.ts'
import { readTags } from './tags.ts'

/** What a job's author writes about its pushes. One of `unique`, `debounce` and `throttle` at most. */
export interface PushRuleOptions<Payload> {
  /** How long a pushed job waits at least, where the push does not say it; not at all when left out. */
  delay?: Duration
  /** 0 (the default) to 2097151, where the push does not say it; lower runs first. */
  priority?: number
  /**
   * One job of a key at a time: a push is refused while the job before it is unfinished, and with
   * `for` also until that time after the accepted push is over. `true`: the whole payload is the key.
   */
  unique?: true | UniqueOptions<Payload>
  /** Of pushes of a key that follow one another within this time the last one alone runs, that long after it. */
  debounce?: Duration | TimedOptions<Payload>
  /** One push of a key within this time: the first one runs, later ones are refused. */
  throttle?: Duration | TimedOptions<Payload>
  /** Short texts to find the job by: 20 at most, of 1 to 100 characters. */
  tags?: readonly string[]
  /** What becomes of the job when it has ended, where the push does not say it. */
  keep?: KeepOptions
}

export interface UniqueOptions<Payload> {
  /** The key, from what the schema made of the payload; the whole payload when left out. */
  key?: (payload: NoInfer<Payload>) => string
  /** How long after the accepted push another is refused, even when the job has ended. */
  for?: Duration
}

export interface TimedOptions<Payload> {
  for: Duration
  /** The key, from what the schema made of the payload; the whole payload when left out. */
  key?: (payload: NoInfer<Payload>) => string
}

/** How a job thins out its pushes. */
export interface GuardRule {
  readonly kind: 'unique' | 'debounce' | 'throttle'
  /** Milliseconds; null for a unique job without a time. */
  readonly forMs: number | null
  /** Undefined: the whole payload. */
  readonly keyOf: ((payload: unknown) => unknown) | undefined
}

export interface PushRules {
  readonly delayMs: number
  readonly priority: number
  readonly guard: GuardRule | undefined
  readonly tags: readonly string[]
  readonly keep: KeepRules | undefined
}

/** BullMQ's own limit. */
const highestPriority = 2_097_151

/**
 * @param where whose rules they are, for the errors: `job "report.rebuild"`
 * @throws E_BAD_OPTION, E_BAD_DURATION
 */
export function readPushRules<Payload>(
  options: PushRuleOptions<Payload>,
  where: string,
): PushRules {
  const { delay = 0, priority = 0, tags = [], unique, debounce, throttle } = options
  const guards: GuardRule[] = []
  if (unique !== undefined) guards.push(readUnique(unique, where))
  if (debounce !== undefined) guards.push(readTimed('debounce', debounce, where))
  if (throttle !== undefined) guards.push(readTimed('throttle', throttle, where))
  if (guards.length > 1) {
    const given = guards.map(({ kind }) => kind)
    const expected = 'one of unique, debounce and throttle at most'
    throw new EquipageError('E_BAD_OPTION', { where, option: given.join(', '), given, expected })
  }
  const [guard] = guards
  if (guard?.kind === 'debounce' && delay !== 0) {
    const expected = 'none beside `debounce`, which is the delay itself'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'delay', given: delay, expected })
  }
  return {
    delayMs: durationMs(delay, `${where}, delay`),
    priority: readPriority(priority, where),
    guard,
    tags: readTags(tags, where),
    keep: readKeep(options.keep, where),
  }
}

/** @throws E_BAD_OPTION */
export function readPriority(given: unknown, where: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given)) {
    if (given >= 0 && given <= highestPriority) return given
  }
  const expected = `a whole number from 0 to ${highestPriority}`
  throw new EquipageError('E_BAD_OPTION', { where, option: 'priority', given, expected })
}

function readUnique<Payload>(given: true | UniqueOptions<Payload>, where: string): GuardRule {
  const whole = { kind: 'unique', forMs: null, keyOf: undefined } as const
  if (given === true) return whole
  if (typeof given !== 'object' || given === null) {
    const expected = 'true, or { key, for }'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'unique', given, expected })
  }
  const forMs = given.for === undefined ? null : readTime('unique.for', given.for, where)
  return { ...whole, forMs, keyOf: readKey('unique', given.key, where) }
}

function readTimed<Payload>(
  kind: 'debounce' | 'throttle',
  given: Duration | TimedOptions<Payload>,
  where: string,
): GuardRule {
  if (typeof given !== 'object' || given === null) {
    return { kind, forMs: readTime(kind, given, where), keyOf: undefined }
  }
  const forMs = readTime(`${kind}.for`, given.for, where)
  return { kind, forMs, keyOf: readKey(kind, given.key, where) }
}

function readTime(option: string, given: Duration, where: string): number {
  const forMs = durationMs(given, `${where}, ${option}`)
  if (forMs > 0) return forMs
  const expected = 'a duration of a millisecond or more'
  throw new EquipageError('E_BAD_OPTION', { where, option, given, expected })
}

function readKey(kind: string, given: unknown, where: string): GuardRule['keyOf'] {
  if (given === undefined || typeof given === 'function') return given as GuardRule['keyOf']
  const expected = 'a function of the payload that gives a text'
  throw new EquipageError('E_BAD_OPTION', { where, option: `${kind}.key`, given, expected })
}

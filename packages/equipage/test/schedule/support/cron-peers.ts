import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import { isEquipageError } from '../../../src/core/errors.ts'
import { zoneNamed } from '../../../src/schedule/timing/calendar/zone.ts'
import { cronTiming, parseCron } from '../../../src/schedule/timing/cron/parse.ts'

/** What is asked of each reader of cron expressions. */
export interface Question {
  readonly text: string
  /** An expression that names its own zone keeps it. */
  readonly zone: string
  readonly after: number
  readonly count: number
}

/** The next ticks, or that there is none at all. */
export type Answer = readonly number[] | 'never'

export function ourTicks({ text, zone, after, count }: Question): Answer {
  try {
    const { pattern, zone: own } = parseCron(text)
    const timing = cronTiming(pattern, own ?? zoneNamed(zone, 'test'))
    return repeated(count, after, last => timing.next(last, 0) ?? Number.NaN)
  } catch (error) {
    if (isEquipageError(error, 'E_BAD_CRON') && /can never fire/.test(error.message)) return 'never'
    throw error
  }
}

/** Another library that computes the ticks of cron expressions. */
export interface Peer {
  readonly name: string
  /** Whether it means by an expression what we do, as long as no clock is changed. */
  agreesOn(text: string): boolean
  ticks(question: Question): Answer
}

export const croner: Peer = {
  name: 'croner',
  /**
   * It takes a star with a step for no star, and so joins both day fields with "or" where
   * Vixie cron and we ask for both; it ends every range on Sunday with the week's seventh
   * day ("0-sun" is the whole week); it knows no "L-3".
   */
  agreesOn(text) {
    const { dayOfMonth, dayOfWeek } = daysOf(text)
    return !starWithStepMeets(text) && !/-sun/i.test(dayOfWeek) && !dayOfMonth.startsWith('L-')
  },
  ticks({ text, zone, after, count }) {
    const cron = new Cron(text, { timezone: zone, paused: true })
    const ticks = cron.nextRuns(count, new Date(after)).map(date => date.getTime())
    return ticks.length === 0 ? 'never' : ticks
  },
}

export const cronParser: Peer = {
  name: 'cron-parser',
  /**
   * It takes a star with a step for no star, as croner does; it knows neither "L-3" nor "W"
   * nor "@midnight", and refuses a list that has a value twice.
   */
  agreesOn(text) {
    const { dayOfMonth } = daysOf(text)
    if (starWithStepMeets(text) || /L-|W/.test(dayOfMonth) || text === '@midnight') return false
    try {
      CronExpressionParser.parse(text)
    } catch (error) {
      if (/duplicate values found/.test(messageOf(error))) return false
      if (!neverFires.test(messageOf(error))) throw error
    }
    return true
  },
  ticks({ text, zone, after, count }) {
    try {
      const cron = CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(after) })
      return repeated(count, after, () => cron.next().getTime())
    } catch (error) {
      if (neverFires.test(messageOf(error))) return 'never'
      throw error
    }
  },
}

/** It finds out while reading, when one month is named, or by giving up the search. */
const neverFires = /Invalid explicit day of month|loop limit exceeded/

function daysOf(text: string): { dayOfMonth: string; dayOfWeek: string } {
  const [, , dayOfMonth = '*', , dayOfWeek = '*'] = text.split(' ').slice(-5)
  return { dayOfMonth, dayOfWeek }
}

/** Whether one day field has a star with a step while the other is no plain star. */
function starWithStepMeets(text: string): boolean {
  const { dayOfMonth, dayOfWeek } = daysOf(text)
  const any = /^[*?]$/
  return (
    (dayOfMonth.startsWith('*/') && !any.test(dayOfWeek)) ||
    (dayOfWeek.startsWith('*/') && !any.test(dayOfMonth))
  )
}

function repeated(count: number, after: number, next: (last: number) => number): number[] {
  const ticks: number[] = []
  let last = after
  while (ticks.length < count) {
    last = next(last)
    ticks.push(last)
  }
  return ticks
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '')

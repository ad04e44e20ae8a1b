import { listed, monthName, ordinal, ranged, timeOfDay } from '../calendar/index.ts'
import { weekdayNames, weekdaysNamed } from '../weekday-pattern.ts'
import { placesOf } from './bits.ts'
import type { MonthRules, WeekRules } from './days.ts'

/** What the sentence is made of: the fields as they were written, and the values they stand for. */
export interface CronParts {
  readonly second: string
  readonly minute: string
  readonly hour: string
  readonly dayOfMonth: string
  readonly dayOfWeek: string
  readonly month: string
  readonly seconds: readonly number[]
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: readonly number[]
  readonly days: { readonly month: MonthRules; readonly week: WeekRules }
}

/** A cron expression as a sentence: "every 5 minutes on Monday to Friday", "every day at 03:00". */
export function cronWords(parts: CronParts): string {
  const days = dayWords(parts)
  const times = timesOfDay(parts)
  if (times) return `${days.startsWith('on') ? days : `every day ${days}`.trimEnd()} at ${times}`
  return `${timeWords(parts)} ${days}`.trimEnd()
}

/** The times of day one by one, when they are few and none is a star's. */
function timesOfDay({ second, minute, hour, seconds, minutes, hours }: CronParts): string {
  const starred = [second, minute, hour].some(field => field.startsWith('*'))
  const count = seconds.length * minutes.length * hours.length
  if (starred || count > mostTimes) return ''
  return listed(
    hours.flatMap(h =>
      minutes.flatMap(m => seconds.map(s => timeOfDay(h * 3_600_000 + m * 60_000 + s * 1_000))),
    ),
  )
}

const mostTimes = 6

function timeWords({ second, minute, hour, seconds, minutes, hours }: CronParts): string {
  const inHours = hourWords(hour, hours)
  const onZero = seconds.length === 1 && seconds[0] === 0
  if (minutes.length === 1 && onZero) {
    const at = `:${String(minutes[0]).padStart(2, '0')}`
    const step = stepOf(hour, 24)
    if (hour === '*') return minutes[0] === 0 ? 'every hour' : `every hour at ${at}`
    if (step) return minutes[0] === 0 ? `every ${step} hours` : `every ${step} hours at ${at}`
    const run = runOf(hours)
    const clock = (h: number) => timeOfDay(h * 3_600_000 + (minutes[0] ?? 0) * 60_000)
    if (run) return `every hour from ${clock(run[0])} to ${clock(run[1])}`
    return `at ${at}${inHours}`
  }
  if (hour === '*' && onZero && !minute.startsWith('*') && minutes.length <= mostTimes)
    return `every hour at ${listed(minutes.map(m => `:${String(m).padStart(2, '0')}`))}`
  const ofMinute = unitWords('minute', minute, minutes)
  if (onZero) return `${ofMinute}${inHours || (ofMinute.startsWith('at') ? ' of every hour' : '')}`
  const ofSecond = unitWords('second', second, seconds)
  if (minute === '*' && ofSecond.startsWith('every')) return `${ofSecond}${inHours}`
  return `${ofSecond} ${ofMinute.startsWith('every') ? `of ${ofMinute}` : ofMinute}${inHours || (ofMinute.startsWith('at') ? ' of every hour' : '')}`
}

function unitWords(unit: 'second' | 'minute', field: string, values: readonly number[]): string {
  if (field === '*') return `every ${unit}`
  const step = stepOf(field, 60)
  if (step) return `every ${step} ${unit}s`
  return `at ${unit}${values.length > 1 ? 's' : ''} ${ranged(values, String)}`
}

function hourWords(field: string, hours: readonly number[]): string {
  if (field === '*') return ''
  const step = stepOf(field, 24)
  if (step) return ` of every ${ordinal(step)} hour`
  const run = runOf(hours)
  if (run)
    return ` from ${timeOfDay(run[0] * 3_600_000)} to ${timeOfDay(run[1] * 3_600_000 + 3_540_000)}`
  return ` in the hour${hours.length > 1 ? 's' : ''} ${ranged(hours, String)}`
}

/** The n of a star with a step when it divides its unit evenly; other steps are told value by value. */
function stepOf(field: string, unit: number): number | undefined {
  const step = Number(/^\*\/(\d+)$/.exec(field)?.[1])
  return step > 1 && step < unit && unit % step === 0 ? step : undefined
}

/** First and last of hours that follow on each other; one hour is such a run. */
function runOf(hours: readonly number[]): readonly [number, number] | undefined {
  const first = hours[0] ?? 0
  const last = hours.at(-1) ?? 0
  return last - first === hours.length - 1 ? [first, last] : undefined
}

function dayWords({ dayOfMonth, dayOfWeek, days, month, months }: CronParts): string {
  const named = month === '*' ? undefined : ranged(months, monthName)
  const date = /^[*?]$/.test(dayOfMonth) ? '' : monthDayWords(days.month, named ?? 'every month')
  const week = /^[*?]$/.test(dayOfWeek) ? '' : weekDayWords(days.week, named)
  if (date && week) {
    const either = !days.month.star && !days.week.star
    return either ? `on ${date} or on ${week}` : `on ${date} if it is ${week}`
  }
  if (date || week) return `on ${date || week}`
  return named ? `in ${named}` : ''
}

function monthDayWords(rules: MonthRules, months: string): string {
  const days = placesOf(rules.days).map(place => place + 1)
  const told = [
    ...(days.length ? [`day${days.length > 1 ? 's' : ''} ${ranged(days, String)}`] : []),
    ...rules.nearWeekday.map(day =>
      day === 0 ? 'the last weekday' : `the weekday nearest to day ${day}`,
    ),
    ...rules.beforeLast.map(back =>
      back === 0 ? 'the last day' : `the ${ordinal(back)} day before the last`,
    ),
  ]
  return `${listed(told)} of ${months}`
}

function weekDayWords(rules: WeekRules, months: string | undefined): string {
  const every = rules.days ? [`${weekdaysNamed(rules.days)}${months ? ` in ${months}` : ''}`] : []
  const nth = rules.nth.map(([day, which]) => {
    const name = weekdayNames[day] ?? ''
    return `the ${which === 0 ? 'last' : ordinal(which)} ${name} of ${months ?? 'every month'}`
  })
  return listed([...every, ...nth])
}

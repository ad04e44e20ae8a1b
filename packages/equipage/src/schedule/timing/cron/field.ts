import { nearest } from '../../../core/index.ts'

/** One of the six places of a cron expression. */
export interface CronField {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Names by their number. */
  readonly names?: Readonly<Record<string, number>>
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const numbered = (names: readonly string[], first: number) =>
  Object.fromEntries(names.map((name, index) => [name, index + first]))

export const cronFields = {
  second: { name: 'second', min: 0, max: 59 },
  minute: { name: 'minute', min: 0, max: 59 },
  hour: { name: 'hour', min: 0, max: 23 },
  dayOfMonth: { name: 'day of month', min: 1, max: 31 },
  month: { name: 'month', min: 1, max: 12, names: numbered(months, 1) },
  // 7 is Sunday too.
  dayOfWeek: { name: 'day of week', min: 0, max: 7, names: numbered(weekdays, 0) },
} as const satisfies Record<string, CronField>

/** What is wrong with a part of an expression: "has hour 25; use 0 to 23". */
export class CronFault extends Error {}

/** The values that a field can take, as a message tells them. */
export const allowedIn = (field: CronField): string =>
  `use ${field.min} to ${field.max}${field.names ? ` or ${Object.keys(field.names).join(', ')}` : ''}`

/**
 * One number or name of a field.
 * @throws CronFault
 */
export function cronValue(text: string, field: CronField): number {
  const named = Object.hasOwn(field.names ?? {}, text) ? field.names?.[text] : undefined
  const value = named ?? (/^\d{1,4}$/.test(text) ? Number(text) : Number.NaN)
  if (value >= field.min && value <= field.max) return value
  const hint = field.names && /^[A-Z]/.test(text) ? nearest(text, Object.keys(field.names)) : null
  throw new CronFault(
    `has ${field.name} ${quoted(text)}; ${hint ? `did you mean ${hint}? ` : ''}${allowedIn(field)}`,
  )
}

/**
 * A star, a value or a range, with or without a step, as the values it stands for.
 * @throws CronFault
 */
export function cronRange(item: string, field: CronField): number[] {
  const [range = '', step, ...more] = item.split('/')
  const [low = '', high, ...rest] = range.split('-')
  if (more.length > 0 || rest.length > 0 || range === '') throw unreadable(item, field)
  const every = step === undefined ? 1 : cronStep(step, field)
  if (range === '*') return stepped(field.min, field.name === 'day of week' ? 6 : field.max, every)
  const from = cronValue(low, field)
  if (high === undefined) {
    if (step === undefined) return [from]
    throw new CronFault(
      `has a step on the single ${field.name} "${item}"; write "${from}-${field.max}/${every}"`,
    )
  }
  let to = cronValue(high, field)
  // "FRI-SUN" ends with the week's seventh day, not with its zeroth.
  if (field.name === 'day of week' && to === 0 && from > 0) to = 7
  if (from > to) {
    const around = `${low}-${field.max},${field.min}-${high}`
    throw new CronFault(
      `has ${field.name} "${item}", a range that runs backwards; write "${around}"`,
    )
  }
  return stepped(from, to, every)
}

function cronStep(text: string, field: CronField): number {
  const most = field.name === 'day of week' ? 7 : field.max - field.min + 1
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (step >= 1 && step <= most) return step
  throw new CronFault(`has step ${quoted(text)} in ${field.name}; use 1 to ${most}`)
}

function stepped(from: number, to: number, every: number): number[] {
  const values = []
  for (let value = from; value <= to; value += every) values.push(value)
  return values
}

export function unreadable(item: string, field: CronField): CronFault {
  if (item === '') return new CronFault(`has an empty ${field.name}; ${allowedIn(field)}, or *`)
  return new CronFault(
    `has ${field.name} ${quoted(item)}, which is no value, range or step; ${allowedIn(field)}, or *`,
  )
}

/** Plain when it is a number, quoted otherwise, cut when it is long. */
export const quoted = (text: string): string =>
  /^\d{1,9}$/.test(text)
    ? text
    : JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text)

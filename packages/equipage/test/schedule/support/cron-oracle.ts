import fc from 'fast-check'

/** A field with the values it was made of, so that the oracle reads no expression. */
export interface Field {
  readonly text: string
  readonly star: boolean
  readonly has: (value: number) => boolean
}

/** A day as the oracle sees it: a plain Date at its UTC midnight. */
type DayTest = (day: Date) => boolean

export interface DayField {
  readonly text: string
  readonly star: boolean
  readonly has: DayTest
}

export interface RandomCron {
  readonly text: string
  /** Whether hours or minutes begin with a star. */
  readonly wildcard: boolean
  /** By the wall's minute from 1970. */
  matches(localMinute: number): boolean
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const weekdayNames = 'sun mon tue wed thu fri sat'.split(' ')

const field = (text: string, values: readonly number[], star = false): Field => {
  const set = new Set(values)
  return { text, star, has: value => set.has(value) }
}

/** Values from the least to the most of a unit, in every way that cron can write them. */
function fieldOf(least: number, most: number, names?: readonly string[]): fc.Arbitrary<Field> {
  const all = Array.from({ length: most - least + 1 }, (_, i) => i + least)
  const write = (value: number) =>
    fc.constantFrom(String(value), names?.[value - least] ?? `${value}`)
  const value = fc.integer({ min: least, max: most })
  const star = fc.constant(field('*', all, true))
  const starStep = fc.integer({ min: 1, max: most - least + 1 }).map(step =>
    field(
      `*/${step}`,
      all.filter(v => (v - least) % step === 0),
      true,
    ),
  )
  const single = value.chain(v => write(v).map(text => field(text, [v])))
  const range = fc
    .tuple(value, value, fc.integer({ min: 1, max: 7 }))
    .map(([a, b, step]) => [Math.min(a, b), Math.max(a, b), Math.min(step, all.length)] as const)
    .chain(([low, high, step]) =>
      fc.tuple(write(low), write(high)).map(([first, last]) =>
        field(
          `${first}-${last}${step > 1 ? `/${step}` : ''}`,
          all.filter(v => v >= low && v <= high && (v - low) % step === 0),
        ),
      ),
    )
  const list = fc.array(fc.oneof(single, range), { minLength: 2, maxLength: 4 }).map(items =>
    field(
      items.map(item => item.text).join(','),
      all.filter(v => items.some(item => item.has(v))),
    ),
  )
  return fc.oneof(star, starStep, single, range, list)
}

const lengthOfMonth = (day: Date) =>
  new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate()

const isWorkday = (day: Date) => day.getUTCDay() % 6 !== 0

/** The workday nearest to a date of this day's month, tried in the order that cron means. */
function nearestWorkday(day: Date, date: number): number {
  const length = lengthOfMonth(day)
  if (date > length) return 0
  for (const candidate of [date, date - 1, date + 1, date - 2, date + 2]) {
    if (candidate < 1 || candidate > length) continue
    if (isWorkday(new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), candidate))))
      return candidate
  }
  return 0
}

/** The ends of a month more often than their share, because there the nearest weekday turns round. */
const anyDate = fc.oneof(fc.constantFrom(1, 28, 29, 30, 31), fc.integer({ min: 1, max: 31 }))

const dayOfMonth: fc.Arbitrary<DayField> = fc.oneof(
  { weight: 6, arbitrary: fieldOf(1, 31).map(asDays(day => day.getUTCDate())) },
  fc.constant({
    text: 'L',
    star: false,
    has: (day: Date) => day.getUTCDate() === lengthOfMonth(day),
  }),
  fc.integer({ min: 1, max: 30 }).map(back => ({
    text: `L-${back}`,
    star: false,
    has: (day: Date) => day.getUTCDate() === lengthOfMonth(day) - back,
  })),
  fc.constant({
    text: 'LW',
    star: false,
    has: (day: Date) => day.getUTCDate() === nearestWorkday(day, lengthOfMonth(day)),
  }),
  anyDate.map(date => ({
    text: `${date}W`,
    star: false,
    has: (day: Date) => day.getUTCDate() === nearestWorkday(day, date),
  })),
  fc.constant({ text: '?', star: true, has: () => true }),
)

/** 7 is Sunday too; a star stands for seven days all the same, so that no step is 8. */
const weekdayField: fc.Arbitrary<DayField> = fieldOf(0, 7, weekdayNames)
  .filter(({ text }) => text !== '*/8')
  .map(({ text, star, has }) => ({
    text,
    star,
    has: day => has(day.getUTCDay()) || (day.getUTCDay() === 0 && has(7)),
  }))

const dayOfWeek: fc.Arbitrary<DayField> = fc.oneof(
  { weight: 6, arbitrary: weekdayField },
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 5 }))
    .map(([weekday, nth]) => ({
      text: `${weekdayNames[weekday]}#${nth}`,
      star: false,
      has: (day: Date) => day.getUTCDay() === weekday && Math.ceil(day.getUTCDate() / 7) === nth,
    })),
  fc.integer({ min: 0, max: 7 }).map(weekday => ({
    text: `${weekday}L`,
    star: false,
    has: (day: Date) =>
      day.getUTCDay() === weekday % 7 && day.getUTCDate() + 7 > lengthOfMonth(day),
  })),
  fc.constant({ text: '?', star: true, has: () => true }),
)

function asDays(of: (day: Date) => number) {
  return ({ text, star, has }: Field): DayField => ({ text, star, has: day => has(of(day)) })
}

/** Expressions of five fields with the days and minutes they mean. */
export const randomCron: fc.Arbitrary<RandomCron> = fc
  .tuple(fieldOf(0, 59), fieldOf(0, 23), dayOfMonth, fieldOf(1, 12, monthNames), dayOfWeek)
  .map(([minute, hour, date, month, weekday]) => {
    const known = new Map<number, boolean>()
    const matchesDay = (number: number) => {
      const day = new Date(number * 86_400_000)
      if (!month.has(day.getUTCMonth() + 1)) return false
      const [byDate, byWeekday] = [date.has(day), weekday.has(day)]
      return date.star || weekday.star ? byDate && byWeekday : byDate || byWeekday
    }
    return {
      text: [minute, hour, date, month, weekday].map(part => part.text).join(' '),
      wildcard: minute.star || hour.star,
      matches(localMinute) {
        const day = Math.floor(localMinute / 1_440)
        const inDay = localMinute - day * 1_440
        if (!minute.has(inDay % 60) || !hour.has(Math.floor(inDay / 60))) return false
        let answer = known.get(day)
        if (answer === undefined) {
          answer = matchesDay(day)
          known.set(day, answer)
        }
        return answer
      },
    }
  })

/** Texts of five fields or of six, with seconds first, for readers that know the answer by themselves. */
export const randomCronText: fc.Arbitrary<string> = fc.oneof(
  randomCron.map(cron => cron.text),
  fc.tuple(fieldOf(0, 59), randomCron).map(([second, cron]) => `${second.text} ${cron.text}`),
)

/** A reading of cron expressions that asks each field about each value, and shares no code with ours. */
export interface PlainCron {
  /** Whether hours or minutes begin with a star. */
  readonly wildcard: boolean
  /** By the wall's minute from 1970. */
  matches(localMinute: number): boolean
}

const nicknames: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const months = ' jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const weekdays = 'sun mon tue wed thu fri sat'.split(' ')

/** Five fields, or six of which the first is 0: what all crontabs have, without L, W and #. */
export function plainCron(expression: string): PlainCron {
  const fields = (nicknames[expression] ?? expression).split(' ')
  if (fields.length === 6 && fields.shift() !== '0') throw new Error('it has seconds')
  if (fields.length !== 5) throw new Error(`it has ${fields.length} fields`)
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields
  const minutes = valuesIn(minute, 0, 59)
  const hours = valuesIn(hour, 0, 23)
  const dates = valuesIn(dayOfMonth, 1, 31)
  const inMonths = valuesIn(month, 1, 12, months)
  const onWeekdays = valuesIn(dayOfWeek, 0, 7, weekdays)
  const starred = [dayOfMonth, dayOfWeek].some(field => /^[*?]/.test(field))

  const matchesDay = (day: Date) => {
    if (!inMonths.has(day.getUTCMonth() + 1)) return false
    const byDate = dates.has(day.getUTCDate())
    const weekday = day.getUTCDay()
    const byWeekday = onWeekdays.has(weekday) || (weekday === 0 && onWeekdays.has(7))
    return starred ? byDate && byWeekday : byDate || byWeekday
  }
  let day = Number.NaN
  let due = false
  return {
    wildcard: minute.startsWith('*') || hour.startsWith('*'),
    matches(localMinute) {
      const today = Math.floor(localMinute / 1_440)
      if (today !== day) {
        day = today
        due = matchesDay(new Date(today * 86_400_000))
      }
      return due && minutes.has(localMinute % 60) && hours.has(Math.floor(localMinute / 60) % 24)
    },
  }
}

function valuesIn(field: string, least: number, most: number, names?: string[]): Set<number> {
  const all = Array.from({ length: most - least + 1 }, (_, i) => least + i)
  const number = (text: string) => {
    const named = names?.indexOf(text.toLowerCase()) ?? -1
    return named >= 0 ? named : Number.parseInt(text, 10)
  }
  const has = (value: number, item: string) => {
    const [range = '', step = '1'] = item.split('/')
    const [from, to] = /^[*?]$/.test(range) ? [least, most] : range.split('-').map(number)
    if (from === undefined) return false
    return value >= from && value <= (to ?? from) && (value - from) % Number(step) === 0
  }
  return new Set(all.filter(value => field.split(',').some(item => has(value, item))))
}

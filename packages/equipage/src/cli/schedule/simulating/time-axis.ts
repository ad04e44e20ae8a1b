import { zonedAt } from '../../../schedule/index.ts'

/** A place on an axis of time. */
export interface AxisMark {
  /** Epoch milliseconds. */
  readonly at: number
  readonly label: string
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const steps = [
  ...[1, 5, 15, 30].map(n => n * 1_000),
  ...[1, 2, 5, 10, 15, 30].map(n => n * minute),
  ...[1, 2, 3, 6, 12].map(n => n * hour),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map(n => n * day),
]

/**
 * Round places on the wall of a zone: times of day, or days.
 * @param most how many there may be, 1 or more
 */
export function axisMarks(from: number, to: number, zone: string, most: number): AxisMark[] {
  const wanted = (to - from) / most
  const longest = 364 * day * Math.ceil(wanted / (364 * day))
  const step = steps.find(length => length >= wanted) ?? longest
  const marks: AxisMark[] = []
  let date = zonedAt(from, zone).toPlainDate()
  for (;;) {
    for (let within = 0; within < day; within += step) {
      // A time that the clocks leave out is told by the one that they go on to.
      const wall = date.toPlainDateTime().add({ milliseconds: within }).toZonedDateTime(zone)
      const at = wall.epochMilliseconds
      if (at > to) return marks
      const before = marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY
      if (at >= from && at > before) marks.push({ at, label: labelOf(at, zone, step) })
    }
    date = date.add({ days: Math.max(1, step / day) })
  }
}

function labelOf(at: number, zone: string, step: number): string {
  const wall = zonedAt(at, zone)
  const date = wall.toPlainDate().toString()
  if (step >= day) return date
  const time = wall.toPlainTime()
  if (time.hour === 0 && time.minute === 0 && time.second === 0) return date
  return time.toString({ smallestUnit: step < minute ? 'second' : 'minute' })
}

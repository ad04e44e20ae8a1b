import { zonedAt } from '../../schedule/index.ts'

/** ISO 8601 in UTC: `2026-11-21T10:00:00.000Z`. */
export const utc = (instant: number): string => new Date(instant).toISOString()

/** The same for what may be missing. */
export const utcOrNull = (instant: number | null): string | null =>
  instant === null ? null : utc(instant)

/** ISO 8601 with the offset of a zone, with a fraction where there is one: `2026-11-21T11:00:00+01:00`. */
export const local = (instant: number, zone: string): string =>
  zonedAt(instant, zone).toString({ timeZoneName: 'never' })

/** What an instant is shown in to a reader of a schedule. */
interface Shown {
  readonly zone: string
  readonly timing: { readonly shortestGapMs: number }
}

/** As a schedule's own wall shows it: `2026-11-21 11:00:00+01:00`. A tick's fraction counts only where ticks are closer than a second. */
export const shownIn = (schedule: Shown, instant: number): string =>
  zonedAt(instant, schedule.zone)
    .toString({ timeZoneName: 'never', ...digits(schedule) })
    .replace('T', ' ')

/** The same in UTC: `2026-11-21 10:00:00Z`. */
export const shownUtc = (schedule: Shown, instant: number): string =>
  zonedAt(instant, 'UTC').toInstant().toString(digits(schedule)).replace('T', ' ')

const digits = ({ timing }: Shown): { smallestUnit: 'second' | 'millisecond' } => ({
  smallestUnit: timing.shortestGapMs < 1_000 ? 'millisecond' : 'second',
})

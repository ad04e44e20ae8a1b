import type { Temporal } from 'temporal-polyfill'
import type { InstantLike } from './instant.ts'
import type { SchedulePolicy } from './policy.ts'
import { PolicyBuilder } from './policy-builder.ts'
import type { Schedule } from './schedule.ts'

/** The end of a chain: its schedule stands in the timetable, and may still be named and given policies. */
export class Registered<App = unknown> extends PolicyBuilder<App> {
  readonly schedule: Schedule<App>

  constructor(schedule: Schedule<App>) {
    super()
    this.schedule = schedule
  }

  override name(text: string): this {
    this.schedule.rename(text)
    return this
  }

  /** The first tick after an instant, excluded; now when left out. Null when it never fires again. */
  next(after?: InstantLike): Temporal.ZonedDateTime | null {
    return this.schedule.next(after)
  }

  /** The first ticks after an instant; fewer than asked for when the schedule ends. */
  nextTicks(count: number, after?: InstantLike): Temporal.ZonedDateTime[] {
    return this.schedule.nextTicks(count, after)
  }

  /** The timing in words, without its zone. */
  get words(): string {
    return this.schedule.words
  }

  /** The IANA name of the zone that its ticks are computed and told in. */
  get zone(): string {
    return this.schedule.zone
  }

  protected override get policy(): Readonly<SchedulePolicy<App>> {
    return this.schedule.policy
  }

  protected override get where(): string {
    return `schedule "${this.schedule.name ?? this.schedule.words}"`
  }

  protected override change(policies: Partial<SchedulePolicy<App>>): void {
    this.schedule.policy = { ...this.schedule.policy, ...policies }
  }
}

import { humanDuration } from '../../core/index.ts'
import { dayMs, dayOf, instantWords, timeOfDay, zoneNamed } from './calendar/index.ts'
import type { Timing } from './timing.ts'
import { WrappedTiming } from './wrapped-timing.ts'

/** An end: at an instant, so long after the anchor, or at a time of the anchor's day. */
export type Deadline =
  | { readonly kind: 'instant'; readonly ms: number }
  | { readonly kind: 'duration'; readonly ms: number }
  | { readonly kind: 'timeOfDay'; readonly ms: number }

/** The instant of a deadline; a tick at the very instant still fires. */
export function deadlineAt(deadline: Deadline, anchor: number, zone: string): number {
  if (deadline.kind === 'instant') return deadline.ms
  if (deadline.kind === 'duration') return anchor + deadline.ms
  const place = zoneNamed(zone, 'until')
  return place.instantOf(dayOf(place.localAt(anchor)) * dayMs + deadline.ms)
}

/** A timing that ends. */
export class UntilTiming extends WrappedTiming {
  readonly #deadline: Deadline

  constructor(inner: Timing, deadline: Deadline) {
    super(inner)
    this.#deadline = deadline
  }

  override next(after: number, anchor: number): number | null {
    const end = deadlineAt(this.#deadline, anchor, this.zone)
    if (after >= end) return null
    const tick = this.inner.next(after, anchor)
    return tick !== null && tick <= end ? tick : null
  }

  override get words(): string {
    const { kind, ms } = this.#deadline
    const end =
      kind === 'instant'
        ? `until ${instantWords(ms, this.zone)}`
        : kind === 'duration'
          ? `for ${humanDuration(ms)}`
          : `until ${timeOfDay(ms)} of the first day`
    return `${this.inner.words} ${end}`
  }

  override get definition(): string {
    return `${this.inner.definition}, until ${this.#deadline.kind} ${this.#deadline.ms} in ${this.zone}`
  }

  protected override around(inner: Timing): Timing {
    return new UntilTiming(inner, this.#deadline)
  }
}

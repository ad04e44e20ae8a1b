import type { Span } from '../connection/index.ts'

/** When a timetable is simulated, and what happens to it meanwhile. Epoch milliseconds. */
export interface SimulatedSpan {
  /** A tick at either end belongs to it. */
  from: number
  to: number
  /** When no scheduler runs. */
  downs?: readonly Span[]
  /** When a schedule is paused, by its name; also before `from`. */
  pauses?: ReadonlyMap<string, readonly Span[]>
}

/** Something that happens to a timetable beside its ticks. Epoch milliseconds. */
export type SimulationEvent =
  | { readonly at: number; readonly kind: 'up' | 'down' }
  | { readonly at: number; readonly kind: 'pause' | 'resume'; readonly schedule: string }

/** What happens from the beginning of a simulation to its end, in its order. */
export function eventsOf({
  from,
  to,
  downs = [],
  pauses = new Map(),
}: SimulatedSpan): SimulationEvent[] {
  const events: SimulationEvent[] = []
  for (const [schedule, spans] of pauses) {
    for (const span of spans) {
      if (span.from >= from) events.push({ at: span.from, kind: 'pause', schedule })
      if (span.to !== null && span.to >= from)
        events.push({ at: span.to, kind: 'resume', schedule })
    }
  }
  // Those of one moment stay as they are: a pause that begins where another ended comes after it.
  events.sort((a, b) => a.at - b.at)
  return [...events, ...startsAndStops(joined(downs), from)]
    .sort((a, b) => a.at - b.at)
    .filter(({ at }) => at <= to)
}

/** A scheduler is told to stop after the ticks of that very moment. */
function startsAndStops(downs: readonly Span[], from: number): SimulationEvent[] {
  const events: SimulationEvent[] = []
  const isDown = downs.some(down => down.from < from && endOf(down) > from)
  if (!isDown) events.push({ at: from, kind: 'up' })
  for (const { from: since, to } of downs) {
    if (since >= from) events.push({ at: since, kind: 'down' })
    if (to !== null && to > from) events.push({ at: to, kind: 'up' })
  }
  return events
}

const endOf = ({ to }: Span): number => to ?? Number.POSITIVE_INFINITY

/**
 * Spans in their order, those that overlap as one; empty ones are left out. Where one ends and
 * the next begins at the same moment, something may have happened between them.
 */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    if (endOf(span) <= span.from) continue
    const last = all.at(-1)
    if (!last || endOf(last) <= span.from) all.push(span)
    else if (endOf(span) > endOf(last)) all[all.length - 1] = { from: last.from, to: span.to }
  }
  return all
}

import type { Span } from '../../../connection/index.ts'
import { EquipageError } from '../../../core/index.ts'
import { typedInstant } from '../../terminal/index.ts'

/**
 * Spans of time as a person types them: `FROM..TO`, each an instant; without TO it does not end.
 * @returns in their order, those that meet as one
 * @throws E_BAD_ARGUMENT
 */
export function typedSpans(
  given: readonly string[],
  zone: string,
  now: number,
  where: string,
): Span[] {
  const spans = given.map(text => typedSpan(text, zone, now, where))
  const joined: Span[] = []
  for (const span of spans.sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (!last || (last.to ?? Number.POSITIVE_INFINITY) < span.from) joined.push(span)
    else joined[joined.length - 1] = { from: last.from, to: later(last.to, span.to) }
  }
  return joined
}

function typedSpan(given: string, zone: string, now: number, where: string): Span {
  const [from, to, ...rest] = given.split('..').map(part => part.trim())
  if (!from || to === undefined || rest.length > 0) throw badSpan(where, given, form)
  const since = typedInstant(from, zone, now, where)
  if (to === '') return { from: since, to: null }
  const until = typedInstant(to, zone, now, where)
  if (until <= since) throw badSpan(where, given, 'a span that ends after it begins')
  return { from: since, to: until }
}

const form =
  "a span FROM..TO of two instants, such as 2026-11-21..2026-11-22 or '2026-11-21 03:00..2026-11-21 05:00'"

const badSpan = (where: string, given: string, expected: string): EquipageError =>
  new EquipageError('E_BAD_ARGUMENT', { where, given, expected })

const later = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b)

import { EquipageError } from './errors.ts'

/** A length of time as people write it: milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'1.5h'`, `'1h30m'`. */
export type Duration = number | string

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
type Unit = keyof typeof unitsMs

/** One whole duration: parts from the larger unit to the smaller, as in `1h30m`. */
const wholeForm = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/
const part = /(\d+(?:\.\d+)?)(ms|[smhdw])/g

/**
 * Milliseconds of a duration.
 * @param where what the duration is for, as the error shall name it: `job "report.rebuild", timeout`
 * @returns 0 or more, whole milliseconds (rounded)
 * @throws E_BAD_DURATION when it is negative, not finite, beyond 2^53 ms, has no unit or an unknown one
 */
export function durationMs(given: Duration, where: string): number {
  if (typeof given === 'number') {
    if (given >= 0 && Number.isSafeInteger(Math.round(given))) return Math.round(given)
  } else if (typeof given === 'string' && given.length <= 40 && wholeForm.test(given.trim())) {
    let total = 0
    for (const [, amount, unit] of given.matchAll(part))
      total += Number(amount) * unitsMs[unit as Unit]
    if (Number.isSafeInteger(Math.round(total))) return Math.round(total)
  }
  throw new EquipageError('E_BAD_DURATION', { where, given })
}

/** The same length for a reader: `90000` gives `1m 30s`, `250` gives `250ms`, two units at most. */
export function humanDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  const dependencies: string[] = []
  let left = Math.round(ms / 1_000) * 1_000
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const amount = Math.floor(left / unitsMs[unit])
    if (amount > 0) dependencies.push(`${amount}${unit}`)
    left -= amount * unitsMs[unit]
  }
  return dependencies.slice(0, 2).join(' ')
}

import { humanDuration, shown } from '../core/index.ts'
import type { Pushed } from './pushed.ts'

/** How many pushes a message lists. */
const listed = 10

/** The pushes of one job for a reader, a line each. */
export function pushLines(pushes: readonly Pushed[]): string {
  const lines = pushes.slice(0, listed).map(line)
  if (pushes.length > listed) lines.push(`  and ${pushes.length - listed} more`)
  return lines.join('\n')
}

function line({ at, payload, queue, delayMs, schedule }: Pushed): string {
  const rest = [
    `on "${queue}"`,
    delayMs > 0 && `in ${humanDuration(delayMs)} (${delayMs} ms)`,
    schedule !== null && `by schedule "${schedule}"`,
  ]
  return `  ${at.toISOString()}  ${shown(payload)}  ${rest.filter(Boolean).join(', ')}`
}

/** What was pushed, by name. */
export function pushCounts(pushes: readonly Pushed[]): string {
  if (pushes.length === 0) return 'nothing was pushed at all'
  const counts = new Map<string, number>()
  for (const { job } of pushes) counts.set(job, (counts.get(job) ?? 0) + 1)
  const names = [...counts].map(([name, count]) => `"${name}" ${times(count)}`)
  return `pushed were ${names.join(', ')}`
}

/** What was looked for, as the end of "... was to be pushed". */
export function matchText(match: unknown): string {
  if (match === undefined) return ''
  return typeof match === 'function' ? ' with a payload that matches' : ` with ${shown(match)}`
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

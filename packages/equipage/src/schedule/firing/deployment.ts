import { createHash } from 'node:crypto'
import type { ScheduleEntry } from '../../connection/index.ts'
import type { Schedule } from '../writing/index.ts'

/**
 * What these schedules register as: each with its definition, and an id that is the same for the
 * same names and definitions, in whatever order they were written.
 */
export function deploymentOf<App>(schedules: readonly Schedule<App>[]): {
  id: string
  entries: ScheduleEntry[]
} {
  const entries = schedules.map(({ name = '', definition }) => ({ name, definition }))
  const lines = entries.map(({ name, definition }) => JSON.stringify([name, definition]))
  const id = createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16)
  return { id, entries }
}

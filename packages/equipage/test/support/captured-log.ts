import { pino } from 'pino'
import type { Logger } from '../../src/log/index.ts'

/** One line as it was logged. */
export type Line = Record<string, unknown> & { level: string; msg: string }

/** A logger of every level, and the lines that were written with it. */
export function capturedLog(): { log: Logger; lines: Line[] } {
  const lines: Line[] = []
  const formatters = { level: (level: string) => ({ level }) }
  const write = (text: string) => void lines.push(JSON.parse(text))
  return { log: pino({ level: 'trace', base: null, formatters }, { write }), lines }
}

import { pino } from 'pino'
import type { Logger } from '../log/index.ts'

/** A line as it was logged: its level, its message, and its fields beside them. */
export type LogLine = { level: string; message: string } & Record<string, unknown>

/** A logger of every level that writes nowhere, and the lines that came to it. */
export function capturedLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = []
  const options = {
    level: 'trace',
    base: null,
    timestamp: false,
    messageKey: 'message',
    formatters: { level: (level: string) => ({ level }) },
  }
  const write = (text: string) => {
    const { message = '', ...fields } = JSON.parse(text)
    lines.push({ ...fields, message })
  }
  return { log: pino(options, { write }), lines }
}

import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

export interface CapturedLine {
  level: number
  msg: string
  [field: string]: unknown
}

/** A logger whose lines a test can read. */
export function capturedLog(): { log: Logger; lines: CapturedLine[] } {
  const lines: CapturedLine[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()))
      done()
    },
  })
  return { log: pino({ level: 'trace' }, stream), lines }
}

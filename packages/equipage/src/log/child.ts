import type { Logger } from './log.ts'

/**
 * A logger whose lines have the given fields too. One that writes nothing is given back as it is:
 * making a child hides what is secret in its fields, which costs as much as a line.
 */
export function childOf(log: Logger, fields: Readonly<Record<string, unknown>>): Logger {
  return log.isLevelEnabled('fatal') ? log.child(fields) : log
}

import { hidingLogger } from './secrets.ts'

/**
 * What a log line would show of some fields: those that it hides are `[hidden]`. The value crosses
 * JSON, as a log line does.
 * @param fields none of them is named `level`
 * @param redact paths to hide, beside the names of secrets
 */
export function redacted<Fields extends object>(
  fields: Fields,
  redact: readonly string[],
): Record<keyof Fields, unknown> {
  let line = '{}'
  const write = (written: string) => {
    line = written
  }
  const logger = hidingLogger(redact, { base: null, timestamp: false }, { write })
  logger.info(fields)
  const { level: _, ...shown } = JSON.parse(line)
  return shown
}

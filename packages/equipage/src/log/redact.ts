import { pino } from 'pino'
import { secretPaths } from './log.ts'

/**
 * What a log line would show of some fields: those that it hides are `[hidden]`. The value crosses
 * JSON, as a log line does.
 * @param fields none of them is named `level`
 * @param redact paths to hide, beside {@link secretPaths}
 */
export function redacted<Fields extends object>(
  fields: Fields,
  redact: readonly string[],
): Record<keyof Fields, unknown> {
  let line = '{}'
  const logger = pino(
    {
      base: null,
      timestamp: false,
      redact: { paths: [...secretPaths, ...redact], censor: '[hidden]' },
    },
    {
      write(written: string) {
        line = written
      },
    },
  )
  logger.info(fields)
  const { level: _, ...shown } = JSON.parse(line)
  return shown
}

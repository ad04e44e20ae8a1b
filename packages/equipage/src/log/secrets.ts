import { type DestinationStream, type Logger, type LoggerOptions, pino, stdSerializers } from 'pino'

/** Names whose values never reach a log, at the top of a line and two levels down. */
const secretNames: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apiKey',
  'api_key',
])
const levelsDown = 2
const hidden = '[hidden]'

/**
 * A logger that hides secrets. pino's own redaction looks for every path in every line, which costs
 * a job three times what its lines do: it is asked for configured paths alone.
 * @param paths to hide, beside the names of secrets
 */
export function hidingLogger(
  paths: readonly string[],
  options: LoggerOptions,
  stream: DestinationStream,
): Logger {
  const fields = (given: Record<string, unknown>) => hideIn(given, levelsDown)
  const logger = pino(
    {
      ...options,
      formatters: { level: label => ({ level: label }), bindings: fields, log: fields },
      // What is left of an error is known when it is made ready for its line.
      serializers: { err: error => hideIn(stdSerializers.err(error), levelsDown - 1) },
      ...(paths.length > 0 ? { redact: { paths: [...paths], censor: hidden } } : {}),
    },
    stream,
  )
  // The formatters of a logger are not asked about the fields of its children.
  const { child } = logger
  return Object.assign(logger, {
    child(this: Logger, given: Record<string, unknown>, own: never) {
      return child.call(this, fields(given), own)
    },
  })
}

/** The same value, or a copy where something in it is hidden. */
function hideIn<Value>(value: Value, depth: number): Value {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return value
  let copy: Record<string, unknown> | undefined
  const fields = value as Record<string, unknown>
  for (const name of Object.keys(fields)) {
    const given = fields[name]
    const shown = secretNames.has(name) ? hidden : depth > 0 ? hideIn(given, depth - 1) : given
    if (shown === given) continue
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
    copy[name] = shown
  }
  return (copy ?? value) as Value
}

import { type DestinationStream, type Logger, multistream, pino, stdTimeFunctions } from 'pino'
import { type Clock, EquipageError } from '../core/index.ts'
import { type ChannelName, type ChannelSettings, openChannel } from './channels.ts'
import { hidingLogger } from './secrets.ts'

export type { Logger }

/** How an application logs. */
export interface LogSettings extends ChannelSettings {
  /** The least severe level that is written. */
  level: string
  channel: ChannelName | 'stack' | 'null'
  /** The channels of `stack`. */
  stack: readonly string[]
  /** Paths whose values are hidden, beside the names of secrets. */
  redact: readonly string[]
  /** The application's name, in every line as `app`. */
  name: string
}

/** A logger, and what has to be done before the process may end. */
export interface Log {
  readonly logger: Logger
  /** Writes what is still held back, and lets go of the files. Lines logged afterwards are lost. */
  close(): void
}

/**
 * Opens the channels and makes the logger. Every destination writes before the call returns:
 * a line that was logged is not lost, however the process ends.
 * @throws E_LOG_CHANNEL when a channel of the stack is not known, E_BAD_OPTION when a path to hide
 * is none
 */
export function openLog(settings: LogSettings, clock: Clock): Log {
  settings.redact.forEach(checkPath)
  const names = settings.channel === 'stack' ? settings.stack : [settings.channel]
  const channels = names
    .filter(name => name !== 'null')
    .map(name => openChannel(name, settings, clock))
  const logger = hidingLogger(
    settings.redact,
    {
      level: channels.length === 0 ? 'silent' : settings.level,
      base: { app: settings.name, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
    },
    only(channels) ?? multistream(channels.map(stream => ({ stream, level: 'trace' }))),
  )
  return { logger, close: () => channels.forEach(channel => void channel.end()) }
}

/** pino alone knows which paths it takes. */
function checkPath(path: string): void {
  try {
    pino({ redact: [path] }, { write: () => undefined })
  } catch (cause) {
    const expected = 'a path such as payload.email or *.iban'
    const fields = { where: 'LOG_REDACT', option: 'a path', given: path, expected }
    throw new EquipageError('E_BAD_OPTION', fields, { cause })
  }
}

function only(channels: DestinationStream[]): DestinationStream | undefined {
  return channels.length === 1 ? channels[0] : undefined
}

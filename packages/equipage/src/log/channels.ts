import { createRequire } from 'node:module'
import { destination } from 'pino'
import { type Clock, EquipageError, nearest } from '../core/index.ts'
import type { Channel } from './channel.ts'
import { DailyFile } from './daily-file.ts'
import { openLogFile } from './log-file.ts'

const loadNow = createRequire(import.meta.url)

const channelNames = ['console', 'single', 'daily'] as const
export type ChannelName = (typeof channelNames)[number]

export interface ChannelSettings {
  /** The console's form: `auto` is pretty on a terminal. */
  format: 'auto' | 'json' | 'pretty'
  /** Which of the process's two outputs the console is. */
  output: 'stdout' | 'stderr'
  /** Whether the pretty console names the process in each line; others always do. */
  showPid?: boolean
  /** The file of `single`; `daily` puts the date before its ending. Absolute. */
  file: string
  /** How many days `daily` keeps. */
  keep: number
}

/**
 * Opens one channel.
 * @throws E_LOG_CHANNEL when there is none of that name
 */
export function openChannel(name: string, settings: ChannelSettings, clock: Clock): Channel {
  switch (name) {
    case 'console':
      return openConsole(settings)
    case 'single':
      return openLogFile(settings.file)
    case 'daily':
      return new DailyFile(settings.file, settings.keep, clock)
    default:
      throw new EquipageError('E_LOG_CHANNEL', {
        given: name,
        known: channelNames,
        nearest: nearest(name, channelNames),
      })
  }
}

function openConsole({ format, output, showPid }: ChannelSettings): Channel {
  const stream = process[output]
  if (!isPretty(format, output)) return destination({ dest: stream.fd, sync: true })
  // A process whose lines are JSON does without it.
  const { build } = loadNow('pino-pretty') as typeof import('pino-pretty')
  return build({
    destination: stream.fd,
    sync: true,
    singleLine: true,
    ignore: showPid ? 'app' : 'app,pid',
    translateTime: 'SYS:HH:MM:ss.l',
    colorize: stream.isTTY === true && stream.hasColors(),
  })
}

/** Whether the console is written for a person. */
export function isPretty(
  format: ChannelSettings['format'],
  output: ChannelSettings['output'] = 'stdout',
): boolean {
  return format === 'pretty' || (format === 'auto' && process[output].isTTY === true)
}

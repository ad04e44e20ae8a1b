import { EquipageError } from '../../../core/index.ts'
import { type Zone, zoneNamed } from '../calendar/index.ts'
import { ElapsedTiming } from '../elapsed-timing.ts'
import type { Timing } from '../timing.ts'
import { WallTiming } from '../wall-timing.ts'
import { CronFault } from './field.ts'
import { CronPattern } from './pattern.ts'

/** The short names of common expressions. */
const nicknames: Readonly<Record<string, string>> = {
  '@YEARLY': '0 0 1 1 *',
  '@ANNUALLY': '0 0 1 1 *',
  '@MONTHLY': '0 0 1 * *',
  '@WEEKLY': '0 0 * * 0',
  '@DAILY': '0 0 * * *',
  '@MIDNIGHT': '0 0 * * *',
  '@HOURLY': '0 * * * *',
}

/** Longer than any expression that means something: sixty values in each field. */
const longest = 1_000

/** A cron expression that was read: its pattern, and the zone that it names itself. */
export interface CronExpression {
  readonly pattern: CronPattern
  readonly zone: Zone | undefined
}

/**
 * Reads five fields (minute, hour, day of month, month, day of week), six with seconds
 * first, or a nickname such as `@daily`; `CRON_TZ=Europe/Madrid` may stand before them.
 * @throws E_BAD_CRON with the field, the value and what is allowed, also when it can never fire
 * @throws E_UNKNOWN_ZONE
 */
export function parseCron(expression: string): CronExpression {
  try {
    if (typeof expression !== 'string') throw new CronFault('is not text')
    if (expression.length > longest) throw new CronFault(`is longer than ${longest} characters`)
    const words = expression.trim().split(/\s+/)
    const zone = /^(?:CRON_)?TZ=(.*)$/.exec(words[0] ?? '')?.[1]
    if (zone !== undefined) words.shift()
    const pattern = new CronPattern(fieldsOf(words.join(' ').toUpperCase()))
    return {
      pattern,
      zone: zone === undefined ? undefined : zoneNamed(zone, `cron "${expression}"`),
    }
  } catch (fault) {
    if (!(fault instanceof CronFault)) throw fault
    throw new EquipageError('E_BAD_CRON', { expression, fault: fault.message })
  }
}

/** The timing of an expression in a zone: fixed wall times, or elapsed time when hours or minutes begin with a star. */
export const cronTiming = (pattern: CronPattern, zone: Zone): Timing =>
  pattern.wildcard ? new ElapsedTiming(pattern, zone) : new WallTiming(pattern, zone)

function fieldsOf(text: string): string[] {
  if (text === '@REBOOT')
    throw new CronFault(
      'asks for a start, not for a time; do it where the process starts, before the scheduler',
    )
  if (text.startsWith('@') && !Object.hasOwn(nicknames, text))
    throw new CronFault(
      `is no known nickname; use ${Object.keys(nicknames).join(', ').toLowerCase()} or five fields`,
    )
  const fields = (nicknames[text] ?? text).split(' ').filter(Boolean)
  if (fields.length === 5) return ['0', ...fields]
  if (fields.length === 6) return fields
  throw new CronFault(
    `has ${fields.length} fields; use 5 (minute, hour, day of month, month, day of week), or 6 with seconds first`,
  )
}

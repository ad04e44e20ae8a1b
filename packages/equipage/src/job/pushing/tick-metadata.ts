/** The tick that a job was pushed for, as JSON carries it. */
export interface TickMetadata {
  /** The schedule's name. */
  readonly schedule: string
  /** The planned instant, ISO 8601 in UTC: with the name, the identity of the tick. */
  readonly scheduledFor: string
  /** The planned instant of the tick before, ISO 8601 in UTC; null at the first. */
  readonly previous: string | null
  /** How long after its planned instant the tick was handled, in milliseconds, 0 or more. */
  readonly lagMs: number
  /** Whether it was late by its misfire policy. */
  readonly misfire: boolean
}

/** The tick that a job was pushed for, as the job's function is given it. */
export interface JobTick {
  /** The schedule's name. */
  readonly schedule: string
  /** The planned instant: with the name, the identity of the tick. */
  readonly scheduledFor: Date
  /** The planned instant of the tick before, null at the first. */
  readonly previous: Date | null
  /** How long after its planned instant the tick was handled, in milliseconds, 0 or more. */
  readonly lagMs: number
  /** Whether it was late by its misfire policy. */
  readonly misfire: boolean
}

/** The tick of a stamp; its dates are new ones with each call, so that one job's changes are no other's. */
export function jobTick(metadata: TickMetadata): JobTick {
  return {
    ...metadata,
    scheduledFor: new Date(metadata.scheduledFor),
    previous: metadata.previous === null ? null : new Date(metadata.previous),
  }
}

/**
 * The stamp in what a queue gave back. A release before this one wrote schedule and instant
 * alone: what is missing, or has another form, becomes what it is for a first tick on time.
 * @returns undefined when schedule or instant have another form, since no tick is without them
 */
export function readTickMetadata(
  fields: Readonly<Record<string, unknown>>,
): TickMetadata | undefined {
  const { schedule, lagMs, misfire } = fields
  const scheduledFor = instantText(fields['scheduledFor'])
  if (typeof schedule !== 'string' || scheduledFor === null) return undefined
  return {
    schedule,
    scheduledFor,
    previous: instantText(fields['previous']),
    lagMs: typeof lagMs === 'number' && Number.isFinite(lagMs) && lagMs >= 0 ? lagMs : 0,
    misfire: misfire === true,
  }
}

const instantForm =
  /^([+-]\d{6}|\d{4})-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** The one text of an instant, whatever form it was written in; null when it is none. */
function instantText(value: unknown): string | null {
  if (typeof value !== 'string' || !instantForm.test(value)) return null
  const instant = Date.parse(value)
  return Number.isNaN(instant) ? null : new Date(instant).toISOString()
}

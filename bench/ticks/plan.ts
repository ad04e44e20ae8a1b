/** What the processes of a measurement are told, by the variable BENCH_PLAN. */
export interface Plan {
  /** How many schedules are due together. */
  readonly count: number
  /** Their cron expression, of six fields, in UTC. */
  readonly pattern: string
  /** How many more are there, due daily and not within the measurement. */
  readonly idle: number
  /** Functions in the scheduler's process, or jobs that are pushed. */
  readonly action: 'call' | 'push'
  /** The one instant of a burst, epoch milliseconds; null for a schedule of every second. */
  readonly burstAt: number | null
  /** Where Redis is; null when the measurement needs none. */
  readonly redisPort: number | null
}

export function readPlan(): Plan {
  return JSON.parse(process.env['BENCH_PLAN'] ?? '{}') as Plan
}

/** The expression of one of the daily schedules: twelve hours from now, so that none comes due. */
export function idlePattern(index: number, now = new Date()): string {
  return `${index % 60} ${Math.floor(index / 60) % 60} ${(now.getUTCHours() + 12) % 24} * * *`
}

/** Epoch milliseconds, finer than `Date.now()`. */
export const preciseNow = () => performance.timeOrigin + performance.now()

/** Milliseconds from the planned instant until now; a timer that is a little early is less than 0. */
export function latenessMs(plan: Plan): number {
  if (plan.burstAt !== null) return preciseNow() - plan.burstAt
  const withinSecond = preciseNow() % 1_000
  return withinSecond > 900 ? withinSecond - 1_000 : withinSecond
}

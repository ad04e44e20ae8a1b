/** What a process of a measurement is told, by the variable BENCH_PLAN. */
export interface Plan {
  readonly subject: SubjectName
  readonly measurement: Measurement
  /** Jobs that are measured. */
  readonly count: number
  /** Jobs before them, which are not. */
  readonly warmUp: number
  readonly redisPort: number
}

export const subjectNames = ['equipage', 'bullmq', 'bee-queue'] as const
export type SubjectName = (typeof subjectNames)[number]

export const measurements = [
  'push one by one',
  'push concurrently',
  'push in bulk',
  'process at concurrency 1',
  'process at concurrency 100',
  'push to start',
  'idle worker',
] as const
export type Measurement = (typeof measurements)[number]

/** What one measurement found. What it does not measure is null. */
export interface Found {
  readonly jobsPerSecond: number | null
  /** Processor time of Redis and of the measured process for each job, microseconds. */
  readonly redisCpuUs: number | null
  readonly clientCpuUs: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Resident memory of the process, megabytes. */
  readonly residentMb: number | null
}

export function readPlan(): Plan {
  return JSON.parse(process.env['BENCH_PLAN'] ?? '{}') as Plan
}

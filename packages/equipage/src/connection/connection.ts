import type { HandedBack, Lifecycle } from '../core/index.ts'
import type {
  Attempt,
  EndedJob,
  GroupMemory,
  Outcome,
  PushedJob,
  QueueLimits,
  Receipt,
} from '../job/index.ts'
import type { QueueAdmin } from './queue-admin.ts'
import type { TickMemory } from './tick-memory.ts'
import type { WorkerRegistry } from './worker-registry.ts'

/**
 * What carries jobs and remembers ticks. It is chosen in one place (the container), and
 * nothing else asks which one it is: where connections differ, they say so here.
 */
export interface Connection {
  /** Its name in `QUEUE_CONNECTION`. */
  readonly name: string
  /**
   * Jobs run in the process that pushes them, so a process that pushes has to consume as well:
   * delayed jobs and retries wait until one of them is due and somebody looks.
   */
  readonly inline: boolean
  readonly carrier: Carrier
  readonly admin: QueueAdmin
  readonly ticks: TickMemory
  readonly workers: WorkerRegistry
  readonly groups: GroupMemory
  /**
   * Makes ready, and looks whether the far side answers and is fit to carry jobs; what should be
   * fixed there, and keeps nobody from starting, is logged as a warning.
   * @throws E_CONNECTION_AWAY when it does not answer, or takes nothing for now: wait for it.
   * E_CONNECTION_REFUSED (a wrong password), E_CONNECTION_TLS, E_REDIS_UNFIT, E_REDIS_FILE: waiting
   * will not fix these.
   */
  check(): Promise<void>
  /** Lets go of everything. Inline jobs that still run get `graceMs` to end; the rest is handed back. */
  stop(graceMs: number): Promise<HandedBack>
}

/** Takes jobs, keeps them, and gives them to whoever consumes. */
export interface Carrier {
  /**
   * Takes one job. Pushes of the same turn of the event loop may travel together; one that
   * is refused does not fail its neighbours. A push that its guard refuses does not reject: its
   * receipt says so.
   * @throws E_CONNECTION_AWAY at once when the far side cannot be reached; the job was not taken
   */
  push(job: PushedJob): Promise<Receipt>
  consume(options: ConsumeOptions): Consumer
  /** How many jobs are where, in the order of the queues asked for. */
  counts(queues: readonly string[]): Promise<QueueCounts[]>
  /** What workers could take now, in the order of the queues asked for: nothing of a paused one. */
  waits(queues: readonly string[]): Promise<QueueWait[]>
}

export interface ConsumeOptions {
  readonly queues: readonly string[]
  /** Jobs of one queue at a time, 1 or more. */
  readonly concurrency: number
  /** Attempts that it begins in all, 1 or more; then it takes no more jobs. As many as come when left out. */
  readonly limit?: number | undefined
}

/** Runs the jobs of some queues until it is stopped; it waits and goes on while the far side is away. */
export interface Consumer extends Lifecycle {
  /** Resolves when it has begun as many attempts as its limit allows, and they have ended. */
  readonly finished: Promise<void>
  /** Whether no job of its queues waits or is due; those of paused queues do not count, nor those that run. */
  isIdle(): Promise<boolean>
}

/** The jobs of one queue by state. `completed` is null where completed jobs are not kept. */
export interface QueueCounts {
  readonly queue: string
  readonly waiting: number
  readonly delayed: number
  readonly active: number
  readonly completed: number | null
  readonly failed: number
}

/** What waits in one queue. */
export interface QueueWait {
  readonly queue: string
  readonly waiting: number
  /**
   * How long the next in line has waited since it could run, milliseconds; 0 when none waits. Where
   * that is not known to the point, it counts from the begin of the job's last attempt, or from its push.
   */
  readonly longestMs: number
}

/** The limits of a queue, as the application defines it. */
export type LimitsOf = (queue: string) => Promise<QueueLimits>

/** Runs one attempt: the pipeline of the job room. It never rejects. */
export type RunAttempt = (attempt: Attempt) => Promise<Outcome>

/**
 * Does what follows a job that was failed for good without an attempt of the pipeline: it took its
 * worker down too often. It never rejects.
 */
export type FollowLost = (job: EndedJob, error: Error) => Promise<void>

import { type Clock, runId, type Timer, wait } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'
import type { JobEnd } from './job-end.ts'
import { Lane, type LaneCall } from './lane.ts'
import { type Caller, type StepReply, sendStep } from './step-call.ts'
import {
  isLarge,
  readTaken,
  type TakenJob,
  type TakenReply,
  type UnreadableTaken,
} from './taken-job.ts'

/** How long a refused call waits before it is sent again, at first and at most. */
const firstPauseMs = 50
const longestPauseMs = 1_000

/** From so many jobs at a time on, two lanes share them: Redis works for the one while this process works for the other. */
const concurrencyOfTwoLanes = 16

/** Has the end of an attempt put on record: 0, or an error code of BullMQ's when the job is not this attempt's any more. */
export type SendEnd = (end: JobEnd) => Promise<number>

export interface QueueConsumerDependencies extends Omit<Caller, 'lane'> {
  readonly client: RedisClient
  readonly concurrency: number
  readonly clock: Clock
  /** How many attempts may still be asked for. */
  left(): number
  /** Begins an attempt. */
  begin(queue: string, job: TakenJob | UnreadableTaken, send: SendEnd): void
  /** It may have become idle: somebody has to wait for its next job. */
  changed(): void
  /** A call was refused; it is sent again. */
  refused(error: unknown): void
  /** A call was answered. */
  answered(): void
}

/** What a lane's shell knows of it. */
interface Line {
  readonly lane: Lane
  readonly caller: Caller
  flushing: boolean
  /** Places that a call under way asks for. */
  asked: number
  /** The call under way, until it is answered or given up. */
  call: Promise<void>
}

/** Carries out what the lanes of a queue decide: sends their calls until they are answered, and begins the jobs that come. */
export class QueueConsumer {
  readonly queue: string
  readonly #dependencies: QueueConsumerDependencies
  readonly #lines: readonly Line[]
  readonly #waiting = new Map<JobEnd, (fate: number) => void>()
  readonly #stopped = new AbortController()
  #dueTimer: Timer | undefined

  constructor(dependencies: QueueConsumerDependencies) {
    const { queue, concurrency } = dependencies
    this.queue = queue
    this.#dependencies = dependencies
    const count = concurrency < concurrencyOfTwoLanes ? 1 : 2
    this.#lines = Array.from({ length: count }, (_, index) =>
      this.#line(Math.floor((concurrency + index) / count), index),
    )
  }

  #line(concurrency: number, index: number): Line {
    const { clock, left } = this.#dependencies
    const lane = new Lane({ concurrency, left, drawRun: () => runId(clock.now()) })
    const { queue, prefix, consumer, worker, lockMs } = this.#dependencies
    const caller = { queue, prefix, consumer, worker, lockMs, lane: `${queue}:${index}` }
    return { lane, caller, flushing: false, asked: 0, call: Promise.resolve() }
  }

  /** Places that calls under way ask for. */
  get asked(): number {
    return this.#lines.reduce((sum, { asked }) => sum + asked, 0)
  }

  /** It has room, and knows of no job. */
  get idle(): boolean {
    return !this.taking && this.#lines.some(({ lane }) => lane.idle)
  }

  /** A call that asks for jobs is under way. */
  get taking(): boolean {
    return this.#lines.some(({ asked }) => asked > 0)
  }

  /** Resolves when the calls that are under way now have been answered, or given up. */
  async called(): Promise<void> {
    await Promise.all(this.#lines.map(({ call }) => call))
  }

  /** There may be a job. */
  wake(): void {
    const idle = this.#lines.filter(({ lane }) => !lane.busy)
    const [line] = (idle.length > 0 ? idle : this.#lines).toSorted(
      (one, other) => one.lane.held - other.lane.held,
    )
    if (line) this.#wake(line)
  }

  #wake(line: Line): void {
    line.lane.wake()
    this.#flushSoon(line)
  }

  /** A delayed job is due at that time of Redis's clock, `now` of which is known. */
  wakeAt(due: number, now: number): void {
    this.#dueTimer?.cancel()
    this.#dueTimer = undefined
    if (due <= 0 || this.#stopped.signal.aborted) return
    this.#dueTimer = this.#dependencies.clock.after(Math.max(0, due - now), () => this.wake())
  }

  /** It takes no more jobs; ends are still sent. */
  close(): void {
    this.#dueTimer?.cancel()
    for (const { lane } of this.#lines) lane.close()
  }

  /** Nothing is sent any more: ends that are not answered by now stay open. */
  stop(): void {
    this.close()
    this.#stopped.abort()
  }

  #end(line: Line, end: JobEnd): Promise<number> {
    return new Promise(resolve => {
      this.#waiting.set(end, resolve)
      line.lane.add(end)
      this.#flushSoon(line)
    })
  }

  /** When every job that ends in this turn of the event loop has ended. */
  #flushSoon(line: Line): void {
    if (line.flushing) return
    line.flushing = true
    process.nextTick(() => {
      line.flushing = false
      const call = line.lane.next()
      if (call) line.call = this.#carryOut(line, call)
      else this.#dependencies.changed()
    })
  }

  async #carryOut(line: Line, first: LaneCall): Promise<void> {
    const { client, clock, refused, answered } = this.#dependencies
    let call = first
    let pauseMs = firstPauseMs
    line.asked = call.runs.length
    while (!this.#stopped.signal.aborted) {
      try {
        const reply = await sendStep(client, call, line.caller)
        if (reply.length > 1) {
          answered()
          this.#answered(line, call, reply as StepReply & { length: 7 })
          return
        }
        call = line.lane.restart(reply[0]) ?? call
      } catch (error) {
        if (this.#stopped.signal.aborted) break
        // The script did not run: Redis has forgotten its text, and learns it with the next call.
        if (error instanceof Error && error.message.startsWith('NOSCRIPT')) continue
        refused(error)
        await wait(clock, pauseMs, this.#stopped.signal)
        pauseMs = Math.min(2 * pauseMs, longestPauseMs)
      }
    }
    line.asked = 0
  }

  #answered(line: Line, call: LaneCall, reply: StepReply & { length: 7 }): void {
    const [, now, fates, jobs, more, limited, due] = reply
    const taken = jobs.filter(([, run]) => run !== '').length
    const limitedMs = Number(limited)
    line.asked = 0
    line.lane.answered({ taken, more: more === 1, limitedMs })
    for (const [index, end] of call.ends.entries()) {
      this.#waiting.get(end)?.(fates[index] ?? 0)
      this.#waiting.delete(end)
    }
    for (const job of jobs) this.#begin(line, job)
    if (call.runs.length > 0 && more === 0) {
      const at = Number(now)
      this.wakeAt(limitedMs > 0 ? at + limitedMs : Number(due), at)
    }
    this.#flushSoon(line)
    // What this lane has no room for is another one's.
    if (more === 1) for (const other of this.#lines) if (other !== line) this.#wake(other)
  }

  #begin(line: Line, reply: TakenReply): void {
    const { begin, queue } = this.#dependencies
    const send: SendEnd = end => this.#end(line, end)
    if (isLarge(reply)) void this.#beginLarge(reply, send)
    else begin(queue, readTaken(reply, queue), send)
  }

  async #beginLarge(reply: TakenReply, send: SendEnd): Promise<void> {
    const { client, prefix, queue, begin, clock } = this.#dependencies
    while (!this.#stopped.signal.aborted) {
      try {
        const payload = await client.hget(`${prefix}:${queue}:${reply[0]}`, 'data')
        begin(queue, readTaken(reply, queue, payload), send)
        return
      } catch {
        await wait(clock, longestPauseMs, this.#stopped.signal)
      }
    }
  }
}

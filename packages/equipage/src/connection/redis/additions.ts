import { randomUUID } from 'node:crypto'
import type { JobsOptions } from 'bullmq'
import type { PushedJob } from '../../job/index.ts'
import type { TickClaim } from '../tick-memory.ts'
import type { ScriptReply } from './claims.ts'
import { type KeepDefaults, keepOptions } from './job-keep.ts'
import {
  mostCharactersPerScript,
  mostPerScript,
  type PlainPush,
  understood,
} from './plain-pushes.ts'
import { deduplicationOf } from './push-guards.ts'

/** The name under which a job's backoff stands in BullMQ: its delays come from our own definition. */
export const backoffType = 'equipage'

/** A job on its way into Redis, and whoever waits for the answer. */
export interface Addition {
  readonly job: PushedJob
  readonly claim: TickClaim | undefined
  resolve(reply: ScriptReply): void
  reject(error: unknown): void
}

/** What one script adds: many plain jobs of a queue, or one of another kind. */
export type Batch = { readonly queue: string } & (
  | { readonly plain: PlainPush[]; readonly additions: Addition[] }
  | { readonly plain: undefined; readonly additions: [Addition] }
)

/** What was added in one turn of the event loop, as scripts take it; jobs of a queue keep their order. */
export function batchesOf(additions: readonly Addition[], keep: KeepDefaults): Batch[] {
  const batches: Batch[] = []
  const open = new Map<string, { batch: Batch & { plain: PlainPush[] }; characters: number }>()
  for (const addition of additions) {
    const { job } = addition
    const { queue } = job
    if (!isPlain(addition)) {
      open.delete(queue)
      batches.push({ queue, plain: undefined, additions: [addition] })
      continue
    }
    const push = plainOf(job, keep)
    const last = open.get(queue)
    const characters = push.data.length + push.options.length
    if (
      last &&
      last.batch.plain.length < mostPerScript &&
      last.characters + characters <= mostCharactersPerScript
    ) {
      last.characters += characters
      last.batch.plain.push(push)
      last.batch.additions.push(addition)
      continue
    }
    const batch = { queue, plain: [push], additions: [addition] }
    batches.push(batch)
    open.set(queue, { batch, characters })
  }
  return batches
}

function isPlain({ job, claim }: Addition): boolean {
  if (!understood || claim || job.guard || job.id !== undefined) return false
  return job.delayMs <= 0 && job.priority <= 0
}

function plainOf(job: PushedJob, keep: KeepDefaults): PlainPush {
  const options = JSON.stringify(optionsOf(job, keep))
  return { name: job.name, data: JSON.stringify(job.data), options }
}

/** A job's data is its payload alone; what the framework adds stands in its options. */
export function optionsOf(job: PushedJob, keep: KeepDefaults): JobsOptions {
  const stamped = Object.keys(job.stamp).length > 0
  // The job in the way of others is known by its id before it is added.
  const id = job.id ?? (job.guard && randomUUID())
  return {
    attempts: job.attempts,
    ...(job.attempts > 1 ? { backoff: { type: backoffType } } : {}),
    ...(job.delayMs > 0 ? { delay: job.delayMs } : {}),
    ...(job.priority > 0 ? { priority: job.priority } : {}),
    ...(id === undefined ? {} : { jobId: id }),
    ...(job.keep ? keepOptions(job.keep, keep) : {}),
    ...(job.guard ? { deduplication: deduplicationOf(job.guard) } : {}),
    ...(stamped ? { equipage: job.stamp } : {}),
  }
}

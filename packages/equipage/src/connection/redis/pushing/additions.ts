import { randomUUID } from 'node:crypto'
import type { JobsOptions } from 'bullmq'
import type { PushedJob } from '../../../job/index.ts'
import type { TickClaim } from '../../tick-memory.ts'
import type { ScriptReply } from './claims.ts'
import { type KeepDefaults, keepOptions } from './job-keep.ts'
import type { PlainClaim } from './plain-claims.ts'
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

/** What one script adds: many plain jobs of a queue, many with the claims of their ticks, or one of another kind. */
export type Batch = { readonly queue: string; readonly additions: Addition[] } & (
  | { readonly kind: 'pushes'; readonly plain: PlainPush[] }
  | { readonly kind: 'claims'; readonly plain: PlainClaim[] }
  | { readonly kind: 'one' }
)

/** A batch that may still grow. */
interface Open {
  readonly batch: Batch
  readonly schedules: Set<string>
  characters: number
}

/** What was added in one turn of the event loop, as scripts take it; jobs of a queue keep their order. */
export function batchesOf(additions: readonly Addition[], keep: KeepDefaults): Batch[] {
  const batches: Batch[] = []
  const growing = new Map<string, Open>()
  for (const addition of additions) {
    const { queue } = addition.job
    const kind = kindOf(addition)
    if (kind === 'one') {
      growing.delete(queue)
      batches.push(alone(addition))
      continue
    }
    const push = plainOf(addition.job, keep)
    let open = growing.get(queue)
    if (open?.batch.kind !== kind || !fits(open, addition, push)) {
      const batch = { kind, queue, plain: [], additions: [] }
      open = { batch, schedules: new Set(), characters: 0 }
      growing.set(queue, open)
      batches.push(batch)
    }
    add(open, addition, push)
  }
  return batches
}

/** The batch of one, which BullMQ's own script adds. */
function alone(addition: Addition): Batch {
  return { kind: 'one', queue: addition.job.queue, additions: [addition] }
}

function fits(open: Open, { claim }: Addition, push: PlainPush): boolean {
  const { batch, schedules, characters } = open
  if (batch.additions.length >= mostPerScript || (claim && schedules.has(claim.name))) return false
  return characters + charactersOf(push) <= mostCharactersPerScript
}

function add(open: Open, addition: Addition, push: PlainPush): void {
  const { batch, schedules } = open
  const { claim } = addition
  open.characters += charactersOf(push)
  batch.additions.push(addition)
  if (batch.kind === 'pushes') batch.plain.push(push)
  if (batch.kind === 'claims' && claim) {
    batch.plain.push({ ...push, claim })
    schedules.add(claim.name)
  }
}

function charactersOf({ data, options }: PlainPush): number {
  return data.length + options.length
}

function kindOf({ job, claim }: Addition): Batch['kind'] {
  const plain = !job.guard && job.id === undefined && job.delayMs <= 0 && job.priority <= 0
  if (!understood || !plain) return 'one'
  if (!claim) return 'pushes'
  return claim.run?.overlap === undefined ? 'claims' : 'one'
}

function plainOf(job: PushedJob, keep: KeepDefaults): PlainPush {
  const options = JSON.stringify(optionsOf(job, keep))
  return { name: job.name, data: JSON.stringify(job.data), options }
}

/** A job's data is its payload alone; what the framework adds stands in its options. */
export function optionsOf(job: PushedJob, keep: KeepDefaults): JobsOptions {
  const stamped = Object.keys(job.metadata).length > 0
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
    ...(stamped ? { equipage: job.metadata } : {}),
  }
}

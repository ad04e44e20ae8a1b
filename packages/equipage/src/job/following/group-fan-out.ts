import { createHash } from 'node:crypto'
import { EquipageError, type Json, toError } from '../../core/index.ts'
import type { GroupDefinition, GroupSlot, JobDefinition } from '../definitions/index.ts'
import {
  type GroupMemberMetadata,
  handedTags,
  type JobMetadata,
  type PushedJob,
  payloadData,
} from '../pushing/index.ts'
import type { EndedJob } from './ended-job.ts'
import { type GroupPlan, memberId, mostMembers } from './group-plan.ts'

/** A group that is about to be spread. */
export interface FanOut {
  /** The run's id. */
  readonly id: string
  readonly plan: GroupPlan
  /** In the order of their places. */
  readonly members: readonly PushedJob[]
}

/**
 * The members of a group, made of what its own job gave.
 * @param job that job, with the payload of the group as its data
 * @param payloads by the members' keys: one, or a list
 * @param limitBytes the most that a payload may take as JSON
 * @throws E_GROUP_HANDOVER
 */
export async function fanOutOf(
  group: GroupDefinition,
  job: Omit<EndedJob, 'name'> & { readonly data: unknown },
  payloads: Json,
  limitBytes: number | undefined,
): Promise<FanOut> {
  const id = runOf(job)
  const { group: _, tags = [], ...others } = job.metadata
  const pushedTags = tags.filter(tag => !group.fanOut.rules.tags.includes(tag))
  const metadata: JobMetadata = {
    ...others,
    ...(pushedTags.length > 0 ? { tags: pushedTags } : {}),
  }
  const given = listed(group, payloads)
  const members: PushedJob[] = []
  for (const { slot, payload } of given) {
    const index: GroupMemberMetadata = {
      name: group.name,
      id,
      index: members.length,
      onFailure: slot.onFailure,
    }
    const data = await madeFor(group.name, slot.job.name, async () =>
      payloadData(slot.job, payload, limitBytes),
    )
    members.push(jobOfGroup(slot, data, metadata, index))
  }
  const plan: GroupPlan = {
    name: group.name,
    fanOut: { queue: job.queue, id: job.id },
    data: job.data as Json,
    metadata,
    slots: group.slots.map(({ key, list, onFailure }) => ({ key, list, onFailure })),
    members: given.map(({ slot }) => ({
      slot: group.slots.indexOf(slot),
      job: slot.job.name,
      queue: slot.job.queue,
    })),
    finally: group.finally ? { job: group.finally.job.name, queue: group.finally.job.queue } : null,
  }
  return { id, plan, members }
}

/** A job of a group on its way into its queue. */
export function jobOfGroup(
  { job }: { readonly job: JobDefinition },
  data: Json,
  { tags: pushedTags = [], ...others }: JobMetadata,
  index: GroupMemberMetadata,
): PushedJob {
  const { name, queue, attempts, rules } = job
  const tags = handedTags(pushedTags, [], rules.tags)
  return {
    id: memberId(index.id, index.index),
    name,
    queue,
    data,
    attempts,
    delayMs: rules.delayMs,
    priority: rules.priority,
    ...(rules.keep ? { keep: rules.keep } : {}),
    metadata: { ...others, ...(tags.length > 0 ? { tags } : {}), group: index },
  }
}

/**
 * Makes a payload.
 * @throws E_GROUP_HANDOVER in the place of what `make` throws
 */
export async function madeFor<T>(group: string, job: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (thrown) {
    const cause = toError(thrown)
    throw new EquipageError('E_GROUP_HANDOVER', { group, job, reason: cause.message }, { cause })
  }
}

/** The id of the run that a job spreads. A program of others that adds one under the group's name gives none. */
export function runOf({ id, queue, metadata }: Omit<EndedJob, 'name'>): string {
  return (
    metadata.group?.id ?? createHash('sha256').update(`${queue}:${id}`).digest('hex').slice(0, 32)
  )
}

function listed(
  { name, slots }: GroupDefinition,
  payloads: Json,
): { slot: GroupSlot; payload: Json }[] {
  const byKey = (payloads ?? {}) as Record<string, Json>
  const given = slots.flatMap(slot => {
    const own = byKey[slot.key]
    const fits = own !== undefined && (!slot.list || Array.isArray(own))
    if (!fits) throw unmade(name, slot, 'a middleware gave something else than what next() gave')
    return (slot.list ? (own as Json[]) : [own]).map(payload => ({ slot, payload }))
  })
  const beyond = given[mostMembers]
  if (!beyond) return given
  const many = `${given.length} jobs, and ${mostMembers} are allowed in one group`
  throw unmade(name, beyond.slot, `${many}; give each more to do, or push several groups`)
}

function unmade(group: string, { job }: GroupSlot, reason: string): EquipageError {
  return new EquipageError('E_GROUP_HANDOVER', { group, job: job.name, reason })
}

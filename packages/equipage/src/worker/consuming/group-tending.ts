import type { FollowLost, QueueCare, StoredJob } from '../../connection/index.ts'
import { EquipageError, toError } from '../../core/index.ts'
import {
  type GroupMemory,
  type GroupPlace,
  type GroupStanding,
  memberId,
  type PlannedJob,
} from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'

/** What looking after groups takes. */
export interface GroupTendingParts {
  /** Of the connection. */
  memory: GroupMemory
  care: QueueCare
  /** Pushes the last job of a group whose members have all ended. */
  goOn(id: string): Promise<unknown>
  /** Does what follows a job that has failed without telling so. */
  lost: FollowLost
  log: Logger
}

/** How many members are looked up side by side. */
const batchSize = 50

/**
 * Sees to it that every group reaches an end, one round a call: a member that has ended without
 * telling so (its worker was taken down too often, it was removed, its queue was cleared) counts as
 * failed, and a last job that was not pushed, because a process died, is pushed. What a round does may
 * be done twice, and beside the workers.
 */
export class GroupTending {
  readonly #parts: GroupTendingParts

  constructor(parts: GroupTendingParts) {
    this.#parts = parts
  }

  /**
   * @param everyMs nothing is done when somebody else has begun a round so short a time ago; 0: always
   * @throws E_CONNECTION_AWAY
   */
  async round(everyMs: number): Promise<void> {
    const { memory, log } = this.#parts
    for (const id of await memory.unfinished(everyMs)) {
      try {
        await this.#tend(id)
      } catch (thrown) {
        log.warn({ groupId: id, err: toError(thrown) }, 'a group could not be looked after')
      }
    }
  }

  async #tend(id: string): Promise<void> {
    const { memory, goOn, log } = this.#parts
    const standing = await memory.standing(id)
    // Nothing that could be read, so nothing that could be gone on with.
    if (!standing) {
      const fields = { groupId: id }
      if (await memory.close(id, 'failed'))
        log.error(fields, 'a group cannot be read; it is closed')
      return
    }
    if (standing.state === 'open') return this.#tendMembers(id, standing)
    if (standing.state !== 'ready') return
    if (!standing.lastPushed) return void (await goOn(id))
    const { last } = standing.plan
    if (last) await this.#look(standing, last, { id, name: standing.plan.name, place: 'last' })
  }

  async #tendMembers(id: string, standing: GroupStanding): Promise<void> {
    const { plan, ended } = standing
    // Until the job that spreads it has ended, members may still be missing.
    if (!(await this.#endOf({ ...plan.spread, job: plan.name }, plan.spread.id))) return
    const places = plan.members.keys().filter(place => !ended.has(place))
    for (let batch = places.take(batchSize).toArray(); batch.length > 0; ) {
      await Promise.all(batch.map(place => this.#tendMember(id, standing, place)))
      batch = places.take(batchSize).toArray()
    }
  }

  async #tendMember(id: string, standing: GroupStanding, place: number): Promise<void> {
    const { name, members, slots } = standing.plan
    const member = members[place]
    const onFailure = member && slots[member.slot]?.onFailure
    if (onFailure) await this.#look(standing, member, { id, name, place, onFailure })
  }

  /** A job that has ended, or is gone, has failed: its own word would be there by now. */
  async #look({ plan }: GroupStanding, job: PlannedJob, at: GroupPlace): Promise<void> {
    const id = memberId(at.id, at.place)
    const error = await this.#endOf(job, id)
    const stamp = { ...plan.stamp, group: at }
    if (error) await this.#parts.lost({ id, name: job.job, queue: job.queue, stamp }, error)
  }

  /** How a job has ended, as far as its queue knows; undefined while it is to run, or runs. */
  async #endOf({ job, queue }: PlannedJob, id: string): Promise<Error | undefined> {
    const found = await this.#parts.care.find(queue, id)
    if (found && found.state !== 'completed' && found.state !== 'failed') return undefined
    return new EquipageError('E_GROUP_JOB_GONE', { job, id, queue, reason: reasonOf(found) })
  }
}

function reasonOf(found: StoredJob | undefined): string {
  if (!found) return 'it is not in its queue any more'
  return found.error?.message ?? 'its queue knows no more of it'
}

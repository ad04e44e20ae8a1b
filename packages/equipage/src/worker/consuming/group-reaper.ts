import type { FollowLost, QueueAdmin, StoredJob } from '../../connection/index.ts'
import { EquipageError, toError } from '../../core/index.ts'
import {
  type GroupMemberMetadata,
  type GroupMemory,
  type GroupState,
  memberId,
  type PlannedJob,
} from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'

/** What looking after groups takes. */
export interface GroupReaperDependencies {
  /** Of the connection. */
  memory: GroupMemory
  admin: QueueAdmin
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
export class GroupReaper {
  readonly #dependencies: GroupReaperDependencies

  constructor(dependencies: GroupReaperDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * @param everyMs nothing is done when somebody else has begun a round so short a time ago; 0: always
   * @throws E_CONNECTION_AWAY
   */
  async round(everyMs: number): Promise<void> {
    const { memory, log } = this.#dependencies
    for (const id of await memory.unfinished(everyMs)) {
      try {
        await this.#tend(id)
      } catch (thrown) {
        log.warn({ groupId: id, err: toError(thrown) }, 'a group could not be looked after')
      }
    }
  }

  async #tend(id: string): Promise<void> {
    const { memory, goOn, log } = this.#dependencies
    const state = await memory.state(id)
    // Nothing that could be read, so nothing that could be gone on with.
    if (!state) {
      const fields = { groupId: id }
      if (await memory.close(id, 'failed'))
        log.error(fields, 'a group cannot be read; it is closed')
      return
    }
    if (state.state === 'open') return this.#reapMembers(id, state)
    if (state.state !== 'ready') return
    if (!state.finallyPushed) return void (await goOn(id))
    const { finally: finallyJob } = state.plan
    if (finallyJob)
      await this.#look(state, finallyJob, { id, name: state.plan.name, index: 'finally' })
  }

  async #reapMembers(id: string, state: GroupState): Promise<void> {
    const { plan, ended } = state
    // Until the job that spreads it has ended, members may still be missing.
    if (!(await this.#endOf({ ...plan.fanOut, job: plan.name }, plan.fanOut.id))) return
    const indexes = plan.members.keys().filter(index => !ended.has(index))
    for (let batch = indexes.take(batchSize).toArray(); batch.length > 0; ) {
      await Promise.all(batch.map(index => this.#reapMember(id, state, index)))
      batch = indexes.take(batchSize).toArray()
    }
  }

  async #reapMember(id: string, state: GroupState, index: number): Promise<void> {
    const { name, members, slots } = state.plan
    const member = members[index]
    const onFailure = member && slots[member.slot]?.onFailure
    if (onFailure) await this.#look(state, member, { id, name, index, onFailure })
  }

  /** A job that has ended, or is gone, has failed: its own word would be there by now. */
  async #look({ plan }: GroupState, job: PlannedJob, at: GroupMemberMetadata): Promise<void> {
    const id = memberId(at.id, at.index)
    const error = await this.#endOf(job, id)
    const metadata = { ...plan.metadata, group: at }
    if (error)
      await this.#dependencies.lost({ id, name: job.job, queue: job.queue, metadata }, error)
  }

  /** How a job has ended, as far as its queue knows; undefined while it is to run, or runs. */
  async #endOf({ job, queue }: PlannedJob, id: string): Promise<Error | undefined> {
    const found = await this.#dependencies.admin.find(queue, id)
    if (found && found.state !== 'completed' && found.state !== 'failed') return undefined
    return new EquipageError('E_GROUP_JOB_GONE', { job, id, queue, reason: reasonOf(found) })
  }
}

function reasonOf(found: StoredJob | undefined): string {
  if (!found) return 'it is not in its queue any more'
  return found.error?.message ?? 'its queue knows no more of it'
}

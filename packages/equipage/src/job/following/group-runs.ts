import { type Clock, EquipageError, type EventSink, type Json, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import { emitPushed, type JobEvents, type JobRegistry } from '../definitions/index.ts'
import {
  failedEnd,
  type GroupMemberMetadata,
  type JobEnd,
  type PushedJob,
  payloadData,
  type Receipt,
  readPayload,
} from '../pushing/index.ts'
import type { EndedJob, FinalEnd, FollowedUp } from './ended-job.ts'
import { type FanOut, jobOfGroup, madeFor, runOf } from './group-fan-out.ts'
import type { GroupMemory, GroupState } from './group-memory.ts'
import { failureOf, resultsOf } from './group-results.ts'

export interface GroupRunsDependencies {
  readonly log: Logger
  readonly clock: Clock
  readonly events?: EventSink<JobEvents>
  /** The most bytes that a payload, and all results of a group, may take as JSON; any number when left out. */
  readonly payloadLimitBytes?: number
  push(job: PushedJob): Promise<Receipt>
  groups(): Promise<GroupMemory>
}

const goesOn: FollowedUp = { run: 'open' }

/** Members that are pushed side by side. */
const batchSize = 100

/** How long a group is left alone whose definition is not here: another release may know it. */
const unknownPatienceMs = 600_000

/**
 * Carries runs of groups on: spreads them, takes down how their members end, pushes the last job, and
 * tells how they ended. All of it may be done a second time: ids of jobs are derived from the run's,
 * and its state with the connection says what has been done.
 */
export class GroupRuns {
  readonly #dependencies: GroupRunsDependencies
  /** How the groups ended, as far as they were spread by a push that still goes on: jobs may run inline. */
  readonly #fanningOut = new Map<string, Receipt | undefined>()

  constructor(dependencies: GroupRunsDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Pushes the members of a group that have not ended.
   * @returns what is known of its end by now
   */
  async fanOut({ id, plan, members }: FanOut, registry: JobRegistry): Promise<FollowedUp> {
    const { state, ended } = await (await this.#dependencies.groups()).open(id, plan)
    if (members.length === 0 && state === 'completed') return this.#completed(id, plan.name, null)
    this.#fanningOut.set(id, undefined)
    try {
      const sequel = state === 'ready' ? await this.goOn(id, registry) : goesOn
      if (state === 'open') await this.#pushMembers(members, ended)
      const waiting = { id, name: plan.name, queue: plan.fanOut.queue, state: 'waiting' } as const
      return { ...sequel, next: this.#fanningOut.get(id) ?? waiting }
    } finally {
      this.#fanningOut.delete(id)
    }
  }

  async #pushMembers(members: readonly PushedJob[], ended: ReadonlySet<number>): Promise<void> {
    const left = members.filter((_, index) => !ended.has(index))
    for (let first = 0; first < left.length; first += batchSize) {
      const batch = left.slice(first, first + batchSize)
      const pushes = await Promise.allSettled(batch.map(member => this.#push(member)))
      const failed = pushes.find(push => push.status === 'rejected')
      if (failed) throw failed.reason
    }
  }

  /** Spreading has failed for good. Where some members were pushed already, their end is the group's. */
  async fanOutFailed(job: EndedJob, group: string, error: Error): Promise<FollowedUp> {
    const id = runOf(job)
    const state = await (await this.#dependencies.groups()).state(id)
    return state ? goesOn : this.#failed(id, group, error)
  }

  /** A job of a group, not the one that spreads it, has finally ended. */
  async ended(
    job: string,
    { id, name, index, onFailure = 'fail' }: GroupMemberMetadata,
    ended: FinalEnd,
    registry: JobRegistry,
  ): Promise<FollowedUp> {
    if (index === 'finally') return this.#finallyEnded(id, name, ended)
    const memory = await this.#dependencies.groups()
    const { payloadLimitBytes: limitBytes } = this.#dependencies
    const fields = { group: name, job, limitBytes: limitBytes ?? 0 }
    const step = await memory.end(id, index, {
      end: endOf(ended),
      breaks: ended.state === 'failed' && onFailure === 'fail',
      limitBytes,
      tooLarge: failedEnd(new EquipageError('E_GROUP_RESULTS', fields)),
    })
    if (step === 'ready') return this.goOn(id, registry)
    if (step === 'completed') return this.#completed(id, name, null)
    if (step !== 'failed') return goesOn
    const state = await memory.state(id)
    return state ? this.#failed(id, name, failureOf(state.plan, await memory.ends(id))) : goesOn
  }

  /** The group has ended with its last job. */
  async #finallyEnded(id: string, name: string, ended: FinalEnd): Promise<FollowedUp> {
    const first = await (await this.#dependencies.groups()).close(id, ended.state)
    if (!first) return {}
    return ended.state === 'completed'
      ? this.#completed(id, name, ended.result)
      : this.#failed(id, name, ended.error)
  }

  /** Pushes the last job of a group whose members have all ended. */
  async goOn(id: string, registry: JobRegistry): Promise<FollowedUp> {
    const memory = await this.#dependencies.groups()
    const state = await memory.state(id)
    if (state?.state !== 'ready' || state.finallyPushed) return goesOn
    const { log } = this.#dependencies
    const fields = { group: state.plan.name, groupId: id }
    if (!registry.group(state.plan.name) && !this.#isOverdue(state)) {
      log.warn(fields, 'no group of that name in this deployment; left to a worker that knows it')
      return goesOn
    }
    let finallyJob: PushedJob
    try {
      finallyJob = await this.#finallyJob(id, state, registry)
    } catch (thrown) {
      await memory.close(id, 'failed')
      return this.#failed(id, state.plan.name, toError(thrown))
    }
    try {
      const receipt = await this.#push(finallyJob)
      await memory.finallyPushed(id)
      return { next: receipt }
    } catch (thrown) {
      const err = toError(thrown)
      log.error({ ...fields, err }, 'the last job of the group could not be pushed; it will be')
      return goesOn
    }
  }

  async #finallyJob(id: string, state: GroupState, registry: JobRegistry): Promise<PushedJob> {
    const { plan } = state
    const group = registry.group(plan.name)
    if (!group?.finally) throw new EquipageError('E_GROUP_CHANGED', { group: plan.name })
    const { finally: finallyJob } = group
    const results = resultsOf(group, plan, await (await this.#dependencies.groups()).ends(id))
    const data = await madeFor(group.name, finallyJob.job.name, async () => {
      const input = await readPayload(group.fanOut, plan.data)
      const payload = await finallyJob.payloadOf(results, input)
      return payloadData(finallyJob.job, payload, this.#dependencies.payloadLimitBytes)
    })
    return jobOfGroup(finallyJob, data, plan.metadata, { name: group.name, id, index: 'finally' })
  }

  async #push(job: PushedJob): Promise<Receipt> {
    const receipt = await this.#dependencies.push(job)
    emitPushed(this.#dependencies.events, job, receipt)
    const { group } = job.metadata
    if (group?.index === 'finally' && this.#fanningOut.has(group.id)) {
      this.#fanningOut.set(group.id, receipt)
    }
    return receipt
  }

  #isOverdue({ readyAt }: GroupState): boolean {
    return readyAt !== null && this.#dependencies.clock.now() - readyAt > unknownPatienceMs
  }

  #completed(id: string, name: string, result: Json): FollowedUp {
    const { log, events } = this.#dependencies
    log.info({ group: name, groupId: id }, 'group completed')
    events?.emit('group:completed', () => ({ id, name, result }))
    this.#note({ id, name, queue: '', state: 'completed', result })
    return { run: { ok: true } }
  }

  #failed(id: string, name: string, error: Error): FollowedUp {
    const { log, events } = this.#dependencies
    log.error({ group: name, groupId: id, err: error }, 'group failed')
    events?.emit('group:failed', () => ({ id, name, error }))
    this.#note({ id, name, queue: '', state: 'failed', error })
    return { run: { ok: false, error } }
  }

  #note(end: Receipt): void {
    if (this.#fanningOut.has(end.id)) this.#fanningOut.set(end.id, end)
  }
}

function endOf(ended: FinalEnd): JobEnd<Json> {
  if (ended.state === 'failed') return failedEnd(ended.error)
  return { state: 'completed', result: ended.result }
}

import { type Clock, EquipageError, type EventSink, type Json, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { EndedJob, RunOutcome } from '../attempts/index.ts'
import { type JobEvents, type JobRegistry, tellPushed } from '../definitions/index.ts'
import {
  failedEnd,
  type GroupPlace,
  type JobEnd,
  type PushedJob,
  payloadData,
  type Receipt,
  readPayload,
} from '../pushing/index.ts'
import type { FinalEnd } from './final-end.ts'
import type { GroupMemory, GroupStanding } from './group-memory.ts'
import { failureOf, resultsOf } from './group-results.ts'
import { jobOfGroup, madeFor, runOf, type Spread } from './group-spread.ts'

export interface GroupRunsParts {
  readonly log: Logger
  readonly clock: Clock
  readonly events?: EventSink<JobEvents>
  /** The most bytes that a payload, and all results of a group, may take as JSON; any number when left out. */
  readonly payloadLimitBytes?: number
  push(job: PushedJob): Promise<Receipt>
  groups(): Promise<GroupMemory>
}

/** What the end of a job means for its group. */
export interface GroupSequel {
  /** The last job, which was pushed now. */
  readonly next: Receipt | undefined
  /** How the group has ended with it, or that it goes on; left out where it ended as the job did. */
  readonly run?: RunOutcome | 'open'
}

const goesOn: GroupSequel = { next: undefined, run: 'open' }

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
  readonly #parts: GroupRunsParts
  /** How the groups ended, as far as they were spread by a push that still goes on: jobs may run inline. */
  readonly #spreading = new Map<string, Receipt | undefined>()

  constructor(parts: GroupRunsParts) {
    this.#parts = parts
  }

  /**
   * Pushes the members of a group that have not ended.
   * @returns what is known of its end by now
   */
  async spread({ id, plan, members }: Spread, registry: JobRegistry): Promise<GroupSequel> {
    const { state, ended } = await (await this.#parts.groups()).open(id, plan)
    if (members.length === 0 && state === 'completed') return this.#completed(id, plan.name, null)
    this.#spreading.set(id, undefined)
    try {
      const sequel = state === 'ready' ? await this.goOn(id, registry) : goesOn
      if (state === 'open') await this.#pushMembers(members, ended)
      const waiting = { id, name: plan.name, queue: plan.spread.queue, state: 'waiting' } as const
      return { ...sequel, next: this.#spreading.get(id) ?? waiting }
    } finally {
      this.#spreading.delete(id)
    }
  }

  async #pushMembers(members: readonly PushedJob[], ended: ReadonlySet<number>): Promise<void> {
    const left = members.filter((_, place) => !ended.has(place))
    for (let first = 0; first < left.length; first += batchSize) {
      const batch = left.slice(first, first + batchSize)
      const pushes = await Promise.allSettled(batch.map(member => this.#push(member)))
      const failed = pushes.find(push => push.status === 'rejected')
      if (failed) throw failed.reason
    }
  }

  /** Spreading has failed for good. Where some members were pushed already, their end is the group's. */
  async spreadFailed(job: EndedJob, group: string, error: Error): Promise<GroupSequel> {
    const id = runOf(job)
    const standing = await (await this.#parts.groups()).standing(id)
    return standing ? goesOn : this.#failed(id, group, error)
  }

  /** A job of a group, not the one that spreads it, has finally ended. */
  async ended(
    job: string,
    { id, name, place, onFailure = 'fail' }: GroupPlace,
    ended: FinalEnd,
    registry: JobRegistry,
  ): Promise<GroupSequel> {
    if (place === 'last') return this.#lastEnded(id, name, ended)
    const memory = await this.#parts.groups()
    const { payloadLimitBytes: limitBytes } = this.#parts
    const fields = { group: name, job, limitBytes: limitBytes ?? 0 }
    const step = await memory.end(id, place, {
      end: endOf(ended),
      breaks: ended.state === 'failed' && onFailure === 'fail',
      limitBytes,
      tooLarge: failedEnd(new EquipageError('E_GROUP_RESULTS', fields)),
    })
    if (step === 'ready') return this.goOn(id, registry)
    if (step === 'completed') return this.#completed(id, name, null)
    if (step !== 'failed') return goesOn
    const standing = await memory.standing(id)
    return standing
      ? this.#failed(id, name, failureOf(standing.plan, await memory.ends(id)))
      : goesOn
  }

  /** The group has ended with its last job. */
  async #lastEnded(id: string, name: string, ended: FinalEnd): Promise<GroupSequel> {
    const first = await (await this.#parts.groups()).close(id, ended.state)
    if (!first) return { next: undefined }
    return ended.state === 'completed'
      ? this.#completed(id, name, ended.result)
      : this.#failed(id, name, ended.error)
  }

  /** Pushes the last job of a group whose members have all ended. */
  async goOn(id: string, registry: JobRegistry): Promise<GroupSequel> {
    const memory = await this.#parts.groups()
    const standing = await memory.standing(id)
    if (standing?.state !== 'ready' || standing.lastPushed) return goesOn
    const { log } = this.#parts
    const fields = { group: standing.plan.name, groupId: id }
    if (!registry.group(standing.plan.name) && !this.#isOverdue(standing)) {
      log.warn(
        fields,
        'no group of that name in this release; it is left to a worker that knows it',
      )
      return goesOn
    }
    let last: PushedJob
    try {
      last = await this.#lastJob(id, standing, registry)
    } catch (thrown) {
      await memory.close(id, 'failed')
      return this.#failed(id, standing.plan.name, toError(thrown))
    }
    try {
      const receipt = await this.#push(last)
      await memory.lastPushed(id)
      return { next: receipt }
    } catch (thrown) {
      const err = toError(thrown)
      log.error({ ...fields, err }, 'the last job of the group could not be pushed; it will be')
      return goesOn
    }
  }

  async #lastJob(id: string, standing: GroupStanding, registry: JobRegistry): Promise<PushedJob> {
    const { plan } = standing
    const group = registry.group(plan.name)
    if (!group?.last) throw new EquipageError('E_GROUP_CHANGED', { group: plan.name })
    const { last } = group
    const results = resultsOf(group, plan, await (await this.#parts.groups()).ends(id))
    const data = await madeFor(group.name, last.job.name, async () => {
      const input = await readPayload(group.spread, plan.data)
      const payload = await last.payloadOf(results, input)
      return payloadData(last.job, payload, this.#parts.payloadLimitBytes)
    })
    return jobOfGroup(last, data, plan.stamp, { name: group.name, id, place: 'last' })
  }

  async #push(job: PushedJob): Promise<Receipt> {
    const receipt = await this.#parts.push(job)
    tellPushed(this.#parts.events, job, receipt)
    const { group } = job.stamp
    if (group?.place === 'last' && this.#spreading.has(group.id)) {
      this.#spreading.set(group.id, receipt)
    }
    return receipt
  }

  #isOverdue({ readyAt }: GroupStanding): boolean {
    return readyAt !== null && this.#parts.clock.now() - readyAt > unknownPatienceMs
  }

  #completed(id: string, name: string, result: Json): GroupSequel {
    const { log, events } = this.#parts
    log.info({ group: name, groupId: id }, 'group completed')
    events?.emit('group:completed', () => ({ id, name, result }))
    this.#note({ id, name, queue: '', state: 'completed', result })
    return { next: undefined, run: { ok: true } }
  }

  #failed(id: string, name: string, error: Error): GroupSequel {
    const { log, events } = this.#parts
    log.error({ group: name, groupId: id, err: error }, 'group failed')
    events?.emit('group:failed', () => ({ id, name, error }))
    this.#note({ id, name, queue: '', state: 'failed', error })
    return { next: undefined, run: { ok: false, error } }
  }

  #note(end: Receipt): void {
    if (this.#spreading.has(end.id)) this.#spreading.set(end.id, end)
  }
}

function endOf(ended: FinalEnd): JobEnd<Json> {
  if (ended.state === 'failed') return failedEnd(ended.error)
  return { state: 'completed', result: ended.result }
}

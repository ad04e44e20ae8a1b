import { type EventSink, isEquipageError, type Json, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import { emitPushed, type JobEvents, type JobRegistry } from '../definitions/index.ts'
import { failedEnd, type PushedJob, type Receipt } from '../pushing/index.ts'
import type { EndedJob, FinalEnd, FollowedUp } from './ended-job.ts'
import type { FanOut } from './group-fan-out.ts'
import type { GroupRuns } from './group-runs.ts'
import { nextOfChain } from './hand-over.ts'

export interface FollowUpDependencies {
  readonly log: Logger
  readonly events?: EventSink<JobEvents>
  /** The most bytes that a payload made here may take as JSON; any number when left out. */
  readonly payloadLimitBytes?: number
  push(job: PushedJob): Promise<Receipt>
}

/** What is to follow a completed job: one of the two, or nothing. */
export interface FollowUp {
  /** The next job of its chain. */
  readonly next?: PushedJob | undefined
  /** The members of the group that it fans out. */
  readonly fanOut?: FanOut
}

/**
 * What follows when a job has finally ended, before the connection marks it so: the chain's next
 * job is pushed, its group goes on, or the end of either is logged and emitted. A crash in between
 * loses nothing, since all of it may be done a second time: a second push of the same job is refused
 * by its id.
 */
export class FollowUps {
  readonly #dependencies: FollowUpDependencies
  readonly #groups: GroupRuns

  constructor(dependencies: FollowUpDependencies, groups: GroupRuns) {
    this.#dependencies = dependencies
    this.#groups = groups
  }

  /** @throws what kept the next jobs from being pushed: the job is to be tried again */
  async afterCompletion(
    result: Json,
    { next, fanOut }: FollowUp,
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<FollowedUp> {
    if (fanOut) return this.#groups.fanOut(fanOut, registry)
    const end = { state: 'completed', result } as const
    const inGroup = await this.#endInGroup(end, job, registry)
    if (inGroup) return inGroup
    if (next) return { next: await this.#push(next) }
    this.#reportChainEnd(job, end)
    return {}
  }

  /** Never rejects: what cannot be done is logged. */
  async afterFailure(error: Error, job: EndedJob, registry: JobRegistry): Promise<FollowedUp> {
    const end = { state: 'failed', error } as const
    try {
      const inGroup =
        (await this.#endInGroup(end, job, registry)) ??
        (await this.#failedFanOut(error, job, registry))
      if (inGroup) return inGroup
      const next = await this.#afterFailedLink(error, job, registry)
      if (next) return { next: await this.#push(next) }
    } catch (thrown) {
      const { chain, group } = job.metadata
      const ids = group
        ? { group: group.name, groupId: group.id }
        : { chain: chain?.name, chainId: chain?.id }
      const fields = { ...ids, err: toError(thrown) }
      this.#dependencies.log.error(fields, 'what follows a failed job could not be done')
      // The next round of the workers' group reaper finds that the job has ended.
      if (group) return { run: 'open' }
    }
    this.#reportChainEnd(job, end)
    return {}
  }

  /** @returns undefined for a job that is neither a member of a group nor its finally job */
  async #endInGroup(
    end: FinalEnd,
    { name, metadata: { group } }: EndedJob,
    registry: JobRegistry,
  ): Promise<FollowedUp | undefined> {
    if (group?.index === undefined) return undefined
    return this.#groups.ended(name, { ...group, index: group.index }, end, registry)
  }

  async #failedFanOut(
    error: Error,
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<FollowedUp | undefined> {
    const group = registry.group(job.name)
    return group && this.#groups.fanOutFailed(job, group.name, error)
  }

  async #afterFailedLink(
    error: Error,
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<PushedJob | undefined> {
    // The chain itself is at fault, and going on would not fix it.
    if (isEquipageError(error, 'E_CHAIN_HANDOVER')) return undefined
    if (isEquipageError(error, 'E_CHAIN_CHANGED')) return undefined
    return nextOfChain(registry, job, failedEnd(error), this.#dependencies.payloadLimitBytes)
  }

  async #push(job: PushedJob): Promise<Receipt> {
    const receipt = await this.#dependencies.push(job)
    emitPushed(this.#dependencies.events, job, receipt)
    return receipt
  }

  #reportChainEnd({ name: job, metadata }: EndedJob, end: FinalEnd): void {
    if (!metadata.chain) return
    const { name, id } = metadata.chain
    const { log, events } = this.#dependencies
    const fields = { chain: name, chainId: id }
    if (end.state === 'completed') {
      log.info(fields, 'chain completed')
      events?.emit('chain:completed', () => ({ id, name, result: end.result }))
    } else {
      log.error({ ...fields, job, err: end.error }, 'chain failed')
      events?.emit('chain:failed', () => ({ id, name, job, error: end.error }))
    }
  }
}

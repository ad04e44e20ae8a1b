import { type EventSink, isEquipageError, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { EndedJob, Outcome } from '../attempts/index.ts'
import { emitPushed, type JobEvents, type JobRegistry } from '../definitions/index.ts'
import { failedEnd, type PushedJob, type Receipt } from '../pushing/index.ts'
import type { FinalEnd } from './final-end.ts'
import type { GroupRuns, GroupSequel } from './group-runs.ts'
import { nextOfChain } from './hand-over.ts'

export interface FollowUpDependencies {
  readonly log: Logger
  readonly events?: EventSink<JobEvents>
  /** The most bytes that a payload made here may take as JSON; any number when left out. */
  readonly payloadLimitBytes?: number
  push(job: PushedJob): Promise<Receipt>
}

/**
 * What follows when a job has finally ended, before the connection marks it so: the chain's next
 * job is pushed, its group goes on, or the end of either is told. A crash in between loses nothing,
 * since all of it may be done a second time: a second push of the same job is refused by its id.
 */
export class FollowUps {
  readonly #dependencies: FollowUpDependencies
  readonly #groups: GroupRuns

  constructor(dependencies: FollowUpDependencies, groups: GroupRuns) {
    this.#dependencies = dependencies
    this.#groups = groups
  }

  /** @throws what kept a completed job's follower from being pushed: the job is to be tried again */
  async of(ended: FinalEnd, job: EndedJob, registry: JobRegistry): Promise<Outcome> {
    if (ended.state === 'failed') return this.#afterFailure(ended, job, registry)
    const { state, result } = ended
    const group = await this.#inGroup(ended, job, registry)
    if (group) return { state, result, ...group }
    const next = ended.next && (await this.#push(ended.next))
    if (!next) this.#tellChainEnd(job, ended)
    return { state, result, next }
  }

  async #afterFailure(
    failed: FinalEnd & { state: 'failed' },
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<Outcome> {
    try {
      const group = await this.#inGroup(failed, job, registry)
      if (group) return { ...failed, ...group }
      const next = await this.#afterFailedLink(failed, job, registry)
      if (next) return { ...failed, next: await this.#push(next) }
    } catch (thrown) {
      const { chain, group } = job.metadata
      const ids = group
        ? { group: group.name, groupId: group.id }
        : { chain: chain?.name, chainId: chain?.id }
      const fields = { ...ids, err: toError(thrown) }
      this.#dependencies.log.error(fields, 'what follows a failed job could not be done')
      // The workers' next round finds that the job has ended.
      if (group) return { ...failed, run: 'open' }
    }
    this.#tellChainEnd(job, failed)
    return failed
  }

  /** @returns undefined for a job that has nothing to do with a group */
  async #inGroup(
    ended: FinalEnd,
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<GroupSequel | undefined> {
    if (ended.state === 'completed' && ended.fanOut)
      return this.#groups.fanOut(ended.fanOut, registry)
    const { group } = job.metadata
    const { index } = group ?? {}
    if (group && index !== undefined) {
      return this.#groups.ended(job.name, { ...group, index }, ended, registry)
    }
    const spreads = ended.state === 'failed' && registry.group(job.name)
    return spreads ? this.#groups.fanOutFailed(job, spreads.name, ended.error) : undefined
  }

  async #afterFailedLink(
    { error }: FinalEnd & { state: 'failed' },
    job: EndedJob,
    registry: JobRegistry,
  ): Promise<PushedJob | undefined> {
    // The chain itself is at fault, which going on would not mend.
    if (isEquipageError(error, 'E_CHAIN_HANDOVER')) return undefined
    if (isEquipageError(error, 'E_CHAIN_CHANGED')) return undefined
    return nextOfChain(registry, job, failedEnd(error), this.#dependencies.payloadLimitBytes)
  }

  async #push(job: PushedJob): Promise<Receipt> {
    const receipt = await this.#dependencies.push(job)
    emitPushed(this.#dependencies.events, job, receipt)
    return receipt
  }

  #tellChainEnd({ name: job, metadata }: EndedJob, ended: FinalEnd): void {
    if (!metadata.chain) return
    const { name, id } = metadata.chain
    const { log, events } = this.#dependencies
    const fields = { chain: name, chainId: id }
    if (ended.state === 'completed') {
      log.info(fields, 'chain completed')
      events?.emit('chain:completed', () => ({ id, name, result: ended.result }))
    } else {
      log.error({ ...fields, job, err: ended.error }, 'chain failed')
      events?.emit('chain:failed', () => ({ id, name, job, error: ended.error }))
    }
  }
}

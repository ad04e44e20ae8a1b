import { EquipageError, type Json, toError } from '../../core/index.ts'
import type { ChainDefinition, ChainLink, JobRegistry } from '../definitions/index.ts'
import {
  type ChainStamp,
  handedOn,
  handedTags,
  type JobEnd,
  type Pushable,
  type PushedJob,
  payloadData,
  type Stamp,
} from '../pushing/index.ts'

/**
 * The job that follows in a chain. Its id comes from its place in the chain's run, so that a
 * second push of the same link is refused.
 * @param ended the job before it, and its stamp
 * @param end how that job ended
 * @param limitBytes the most that the next payload may take as JSON
 * @returns undefined at the chain's end, behind a failure that ends it, and for a job that stands alone
 * @throws E_CHAIN_CHANGED, E_CHAIN_HANDOVER
 */
export async function nextOfChain(
  registry: JobRegistry,
  ended: { readonly name: string; readonly stamp: Stamp },
  end: JobEnd<Json>,
  limitBytes?: number,
): Promise<PushedJob | undefined> {
  const stamp = ended.stamp.chain
  if (!stamp) return undefined
  const chain = registry.chain(stamp.name)
  if (!chain || chain.links[stamp.link]?.job.name !== ended.name) {
    const fields = { chain: stamp.name, link: stamp.link, job: ended.name }
    throw new EquipageError('E_CHAIN_CHANGED', fields)
  }
  const link = stamp.link + 1
  const next = chain.links[link]
  if (!next || (end.state === 'failed' && next.onFailure === 'fail')) return undefined
  const { name, queue, attempts, rules } = next.job
  const { tags: endedTags = [], ...others } = ended.stamp
  const ofDefinition = chain.links[stamp.link]?.job.rules.tags ?? []
  const tags = handedTags(endedTags, ofDefinition, rules.tags)
  return {
    id: linkId(stamp, link),
    name,
    queue,
    data: await handOver(chain.name, next, end, limitBytes),
    attempts,
    delayMs: rules.delayMs,
    priority: rules.priority,
    ...(rules.keep ? { keep: rules.keep } : {}),
    stamp: {
      ...others,
      ...(tags.length > 0 ? { tags } : {}),
      chain: { ...stamp, link },
    },
  }
}

/** The id of a chain's later job: the same whoever pushes it. */
function linkId(chain: ChainStamp, link: number): string {
  return `${chain.id}-${link}`
}

/**
 * Where the later jobs of a chain will be found, known when its first is pushed.
 * @param first the chain's first job, as it is pushed
 * @returns none for a job that stands alone
 */
export function laterJobs(
  pushed: Pushable,
  first: PushedJob,
): { readonly queue: string; readonly id: string }[] {
  const stamp = first.stamp.chain
  if (!stamp || pushed.kind !== 'chain') return []
  const { links } = pushed as ChainDefinition
  return links.slice(1).map(({ job }, index) => ({
    queue: job.queue,
    id: linkId(stamp, index + 1),
  }))
}

async function handOver(
  chain: string,
  { job, payloadOf, onFailure }: ChainLink,
  end: JobEnd<Json>,
  limitBytes: number | undefined,
): Promise<Json> {
  try {
    return await payloadData(job, await payloadOf?.(handedOn(end, onFailure)), limitBytes)
  } catch (thrown) {
    const cause = toError(thrown)
    const fields = { chain, job: job.name, reason: cause.message }
    throw new EquipageError('E_CHAIN_HANDOVER', fields, { cause })
  }
}

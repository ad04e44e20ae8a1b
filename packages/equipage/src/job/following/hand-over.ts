import { EquipageError, type Json, toError } from '../../core/index.ts'
import type { ChainDefinition, ChainLink, JobRegistry } from '../definitions/index.ts'
import {
  type ChainMetadata,
  handedOn,
  handedTags,
  type JobEnd,
  type JobMetadata,
  type Pushable,
  type PushedJob,
  payloadData,
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
  ended: { readonly name: string; readonly metadata: JobMetadata },
  end: JobEnd<Json>,
  limitBytes?: number,
): Promise<PushedJob | undefined> {
  const metadata = ended.metadata.chain
  if (!metadata) return undefined
  const chain = registry.chain(metadata.name)
  if (!chain || chain.links[metadata.link]?.job.name !== ended.name) {
    const fields = { chain: metadata.name, link: metadata.link, job: ended.name }
    throw new EquipageError('E_CHAIN_CHANGED', fields)
  }
  const link = metadata.link + 1
  const next = chain.links[link]
  if (!next || (end.state === 'failed' && next.onFailure === 'fail')) return undefined
  const { name, queue, attempts, rules } = next.job
  const { tags: endedTags = [], ...others } = ended.metadata
  const ofDefinition = chain.links[metadata.link]?.job.rules.tags ?? []
  const tags = handedTags(endedTags, ofDefinition, rules.tags)
  return {
    id: linkId(metadata, link),
    name,
    queue,
    data: await handOver(chain.name, next, end, limitBytes),
    attempts,
    delayMs: rules.delayMs,
    priority: rules.priority,
    ...(rules.keep ? { keep: rules.keep } : {}),
    metadata: {
      ...others,
      ...(tags.length > 0 ? { tags } : {}),
      chain: { ...metadata, link },
    },
  }
}

/** The id of a chain's later job: the same whoever pushes it. */
function linkId(chain: ChainMetadata, link: number): string {
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
  const metadata = first.metadata.chain
  if (!metadata || pushed.kind !== 'chain') return []
  const { links } = pushed as ChainDefinition
  return links.slice(1).map(({ job }, index) => ({
    queue: job.queue,
    id: linkId(metadata, index + 1),
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

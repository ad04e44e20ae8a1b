import type { RedisServer } from '../../../support/redis.ts'
import { type Add, add, bullSide, type EndKind, ourSide, type Side } from './both-consumers.ts'

const ends: readonly EndKind[] = [
  'complete',
  'complete',
  'complete',
  'fail',
  'retry',
  'retry later',
  'release',
  'give back',
]

/**
 * Drives a random sequence of operations twice, once with BullMQ's worker and once with ours, and
 * compares everything that Redis holds after each of them.
 * @param seed the same sequence for the same seed
 */
export async function compareConsumers(
  server: RedisServer,
  seed: number,
  steps: number,
  equal: (ours: unknown, theirs: unknown, message: string) => void,
): Promise<void> {
  const random = mulberry(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const [ours, theirs] = await Promise.all([ourSide(server), bullSide(server)])
  const story: string[] = []
  const held: string[] = []
  const delayed = new Set<string>()
  let added = 0
  const both = async <T>(work: (side: Side) => Promise<T>): Promise<T> => {
    const [own, other] = [await work(ours), await work(theirs)]
    await nextMillisecond()
    equal(own, other, `the replies of ${story.join('; ')}`)
    return own
  }
  const note = (id: string | undefined) => id !== undefined && held.push(id)
  try {
    for (let step = 0; step < steps; step++) {
      const roll = random()
      if (roll < 0.35) {
        const name = `j${++added}`
        const [text, adds] = adding(name, pick, random)
        story.push(`add ${text}`)
        if (text.includes('delay')) delayed.add(name)
        for (const side of [ours, theirs]) await adds(side)
      } else if (roll < 0.6) {
        story.push('take')
        note(await both(side => side.take()))
      } else if (roll < 0.9) {
        const id =
          held.length > 0 ? held.splice(Math.floor(random() * held.length), 1)[0] : undefined
        if (id === undefined) continue
        const kind = pick(ends)
        // A parent may be refused; ours takes the next one all the same.
        const takesNext = kind === 'complete' && !id.endsWith('-parent') && random() < 0.5
        story.push(`${kind} ${id}${takesNext ? ' and take' : ''}`)
        note(await both(side => side.end(id, kind, takesNext).catch(refusedAs(id))))
      } else if (roll < 0.94) {
        const paused = random() < 0.3
        story.push(paused ? 'pause' : 'resume')
        for (const { queue } of [ours, theirs]) await (paused ? queue.pause() : queue.resume())
      } else if (roll < 0.97) {
        const [id] = await ours.queue.getRanges(['delayed'], 0, 0, true)
        if (id === undefined) continue
        story.push(`promote ${id}`)
        for (const { queue } of [ours, theirs]) await (await queue.getJob(id))?.promote()
      } else {
        const limit = pick([0, 2])
        story.push(limit ? 'limit the concurrency' : 'lift the limit')
        for (const { queue } of [ours, theirs])
          await (limit ? queue.setGlobalConcurrency(limit) : queue.removeGlobalConcurrency())
      }
      equal(await ours.content(), await theirs.content(), `seed ${seed}: ${story.join('; ')}`)
    }
  } finally {
    await Promise.all([ours.close(), theirs.close()])
  }
}

function adding(
  name: string,
  pick: <T>(from: readonly T[]) => T,
  random: () => number,
): [string, Add] {
  const roll = random()
  if (roll < 0.4) return [name, add(name, {})]
  if (roll < 0.5) return [`${name} with a priority`, add(name, { priority: pick([1, 2, 5]) })]
  if (roll < 0.6) return [`${name} with a delay`, add(name, { delay: 3_600_000 })]
  if (roll < 0.65) return [`${name} in front`, add(name, { lifo: true })]
  if (roll < 0.7) return [`${name} by an id`, add(name, { jobId: name })]
  if (roll < 0.8)
    return [`${name} with a key`, add(name, { deduplication: { id: pick(['a', 'b']) } })]
  if (roll < 0.85)
    return [`${name} kept for none`, add(name, { removeOnComplete: true, removeOnFail: true })]
  const onFailure = pick([
    {},
    { failParentOnFailure: true },
    { ignoreDependencyOnFailure: true },
    { removeDependencyOnFailure: true },
    { continueParentOnFailure: true },
  ])
  const family: Add = side =>
    side.flows.add({
      name,
      queueName: 'q',
      opts: { jobId: `${name}-parent` },
      children: [
        { name, queueName: 'q', opts: { ...onFailure, jobId: `${name}-one` } },
        { name, queueName: 'q', opts: { ...onFailure, jobId: `${name}-two` } },
      ],
    })
  return [`${name} with two children (${Object.keys(onFailure)[0] ?? 'plain'})`, family]
}

/** A parent with children that have not ended is refused by both, and stays held. */
function refusedAs(id: string) {
  return (error: Error) => {
    if (/-[49]$|pending dependencies|failed child/.test(error.message)) return id
    throw error
  }
}

/** Finished jobs are ordered by their millisecond, and those of one by their ids. */
async function nextMillisecond(): Promise<void> {
  const now = Date.now()
  while (Date.now() === now) await new Promise(resolve => setImmediate(resolve))
}

/** A small generator of random numbers from 0 to 1 (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

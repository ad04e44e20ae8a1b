import type { Queue } from '../../queue/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue forget ID...` */
export async function queueForget(
  queue: Queue,
  print: Print,
  ids: string[],
  options: { queue?: string; json?: true },
): Promise<void> {
  const jobs = await queue.forget(ids, { queue: options.queue })
  const answer = jobs.map(({ id, name, queue, state }) => ({ id, name, queue, state }))
  if (options.json) return print(JSON.stringify(answer, null, 2))
  print(jobs.map(({ id, name, state }) => `${name} ${id}: removed; it was ${state}`).join('\n'))
}

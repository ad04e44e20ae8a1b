import { EquipageError } from '../../core/index.ts'
import type { Queue } from '../../queue/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue retry ID...`, `equipage queue retry --all --queue NAME` */
export async function queueRetry(
  queue: Queue,
  print: Print,
  ids: string[],
  options: { queue?: string; all?: true; json?: true },
): Promise<void> {
  if (options.all) return retryAll(queue, print, ids, options)
  if (ids.length === 0) throw mistaken('nothing', 'ids, or --all with --queue NAME')
  const jobs = await queue.retry(ids, { queue: options.queue })
  const answer = jobs.map(({ id, name, queue }) => ({ id, name, queue }))
  if (options.json) print(JSON.stringify(answer, null, 2))
  else print(jobs.map(({ id, name, queue }) => `${name} ${id}: waits again in ${queue}`).join('\n'))
}

async function retryAll(
  queue: Queue,
  print: Print,
  ids: readonly string[],
  { queue: name, json }: { queue?: string; json?: true },
): Promise<void> {
  if (ids.length > 0) throw mistaken(ids.join(' '), 'no ids beside --all')
  if (name === undefined) throw mistaken('--all', '--queue NAME beside --all')
  const retried = await queue.retryAll(name)
  if (json) print(JSON.stringify({ queue: name, retried }, null, 2))
  else print(`${name}: ${retried} failed ${retried === 1 ? 'job waits' : 'jobs wait'} again`)
}

function mistaken(given: string, expected: string): EquipageError {
  return new EquipageError('E_BAD_ARGUMENT', { where: 'queue retry', given, expected })
}

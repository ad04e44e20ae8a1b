import type { Runtime } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue retry ID...`, `equipage queue retry --all --queue NAME` */
export async function queueRetry(
  runtime: Runtime,
  print: Print,
  ids: string[],
  options: { queue?: string; all?: true; json?: true },
): Promise<void> {
  const { queue, all } = options
  if (all) return retryAll(runtime, print, ids, options)
  if (ids.length === 0) throw mistaken('nothing', 'ids, or --all with --queue NAME')
  const jobs = await runtime.queue.retry(ids, { queue })
  const answer = jobs.map(({ id, name, queue }) => ({ id, name, queue }))
  if (options.json) print(JSON.stringify(answer, null, 2))
  else print(jobs.map(({ id, name, queue }) => `${name} ${id}: waits again in ${queue}`).join('\n'))
}

async function retryAll(
  runtime: Runtime,
  print: Print,
  ids: readonly string[],
  { queue, json }: { queue?: string; json?: true },
): Promise<void> {
  if (ids.length > 0) throw mistaken(ids.join(' '), 'no ids beside --all')
  if (queue === undefined) throw mistaken('--all', '--queue NAME beside --all')
  const retried = await runtime.queue.retryAll(queue)
  if (json) print(JSON.stringify({ queue, retried }, null, 2))
  else print(`${queue}: ${retried} failed ${retried === 1 ? 'job waits' : 'jobs wait'} again`)
}

function mistaken(given: string, expected: string): EquipageError {
  return new EquipageError('E_BAD_ARGUMENT', { where: 'queue retry', given, expected })
}

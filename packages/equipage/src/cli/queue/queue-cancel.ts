import type { Queue } from '../../queue/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue cancel ID` */
export async function queueCancel(
  queue: Queue,
  print: Print,
  id: string,
  options: { queue?: string; json?: true },
): Promise<void> {
  const outcome = await queue.cancel(id, { queue: options.queue })
  if (options.json) return print(JSON.stringify({ id, outcome }, null, 2))
  const told = 'its signal is aborted within two seconds; it ends as failed'
  print(`${id}: ${outcome === 'removed' ? 'removed before it ran' : told}`)
}

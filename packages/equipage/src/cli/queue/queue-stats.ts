import type { Queue } from '../../queue/index.ts'
import { type Print, table } from '../terminal/index.ts'

/** `equipage queue stats` */
export async function queueStats(
  queue: Queue,
  print: Print,
  options: { json?: true },
): Promise<void> {
  const paused = await queue.paused()
  const counts = (await queue.counts()).map(count => ({
    ...count,
    paused: paused.includes(count.queue),
  }))
  if (options.json) return print(JSON.stringify(counts, null, 2))
  const headings = ['queue', 'waiting', 'delayed', 'active', 'completed', 'failed', 'paused']
  const rows = counts.map(({ queue, waiting, delayed, active, completed, failed, paused }) => [
    queue,
    ...[waiting, delayed, active, completed ?? 'not kept', failed].map(String),
    paused ? 'yes' : 'no',
  ])
  print(table(headings, rows))
}

import type { Queue } from '../../queue/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue monitor --max N`: for alerting, the exit code says whether a queue is too long. */
export async function queueMonitor(
  queue: Queue,
  print: Print,
  options: { max: number; queue?: string[]; json?: true },
): Promise<void> {
  const { max } = options
  const queues = await queue.names(options.queue)
  const counts = await queue.counts(queues)
  const paused = await queue.paused(...queues)
  const found = counts.map(({ queue, waiting }) => ({
    queue,
    waiting,
    max,
    over: waiting > max,
    paused: paused.includes(queue),
  }))
  if (options.json) print(JSON.stringify(found, null, 2))
  else print(found.map(said).join('\n'))
  if (found.some(({ over }) => over)) process.exitCode = 1
}

function said(found: {
  queue: string
  waiting: number
  max: number
  over: boolean
  paused: boolean
}) {
  const { queue, waiting, max, over, paused } = found
  const held = paused ? ', paused' : ''
  return `${queue}: ${over ? 'too long' : 'fine'}, ${waiting} waiting (at most ${max})${held}`
}

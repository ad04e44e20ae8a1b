import type { Runtime } from '../../app/index.ts'
import type { Print } from '../terminal/index.ts'
import { jobRows, jobsTable } from './job-rows.ts'

/** `equipage queue failed`: of all queues, the latest failure first. */
export async function queueFailed(
  runtime: Runtime,
  print: Print,
  options: { queue?: string; limit: number; json?: true },
): Promise<void> {
  const { queue, limit } = options
  const queues = await runtime.queue.names(queue === undefined ? [] : [queue])
  const lists = await Promise.all(
    queues.map(name => runtime.queue.list(name, { state: 'failed', limit })),
  )
  const jobs = lists.flat().sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
  const rows = jobRows(jobs.slice(0, limit), runtime.config.get('log.redact'))
  print(options.json ? JSON.stringify(rows, null, 2) : jobsTable(rows))
}

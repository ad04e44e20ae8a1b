import type { Runtime } from '../../app/index.ts'
import type { JobState } from '../../connection/index.ts'
import type { Print } from '../terminal/index.ts'
import { jobRows, jobsTable } from './job-rows.ts'

/** `equipage queue list NAME` */
export async function queueList(
  runtime: Runtime,
  print: Print,
  queue: string,
  options: { state?: JobState; limit: number; offset: number; json?: true },
): Promise<void> {
  const { state, limit, offset } = options
  const jobs = await runtime.queue.list(queue, { state, limit, offset })
  const rows = jobRows(jobs, runtime.config.get('log.redact'))
  print(options.json ? JSON.stringify(rows, null, 2) : jobsTable(rows))
}

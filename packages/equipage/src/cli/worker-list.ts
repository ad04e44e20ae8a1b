import type { Runtime } from '../app/index.ts'
import type { RunningAttempt, WorkerReport } from '../connection/index.ts'
import { humanDuration } from '../core/index.ts'
import { type Print, table } from './terminal/index.ts'

/** How many of a worker's jobs a row of the table names. */
const jobsNamed = 3

/** `equipage worker list` */
export async function workerList(
  runtime: Runtime,
  print: Print,
  options: { json?: true },
): Promise<void> {
  const reports = await (await runtime.connection).workers.reports()
  if (options.json) return print(JSON.stringify(reports.map(asJson), null, 2))
  if (reports.length === 0) return print('no worker is alive')
  const headings = ['worker', 'up for', 'queues', 'concurrency', 'ended', 'memory', 'works on']
  print(
    table(
      headings,
      reports.map(report => rowOf(report, runtime.clock.now())),
    ),
  )
}

function rowOf(report: WorkerReport, now: number): string[] {
  const { process, startedAt, queues, concurrency, ended, memoryBytes } = report
  const upMs = Math.max(0, now - startedAt)
  const memory = `${Math.round(memoryBytes / 1_000_000)} MB`
  const numbers = [String(concurrency), String(ended), memory]
  return [process, humanDuration(upMs), queues.join(', '), ...numbers, worksOn(report, now)]
}

function worksOn({ running, active }: WorkerReport, now: number): string {
  if (active === 0) return 'nothing'
  const named = running.slice(0, jobsNamed).map(job => jobText(job, now))
  const more = active - named.length
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}

function jobText({ name, id, startedAt }: RunningAttempt, now: number): string {
  return `${name} ${id} (${humanDuration(Math.max(0, now - startedAt))})`
}

function asJson({ startedAt, at, running, ...report }: WorkerReport) {
  return {
    ...report,
    startedAt: iso(startedAt),
    at: iso(at),
    running: running.map(job => ({ ...job, startedAt: iso(job.startedAt) })),
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

import type { Runtime } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'
import type { Print } from '../terminal/index.ts'
import { attemptsText, type JobRow, jobRows, said } from './job-rows.ts'

/** `equipage queue show ID` */
export async function queueShow(
  runtime: Runtime,
  print: Print,
  id: string,
  options: { queue?: string; json?: true },
): Promise<void> {
  const { queue } = options
  const job = await runtime.queue.find(id, { queue })
  if (!job) {
    const queues = await runtime.queue.names(queue === undefined ? [] : [queue])
    throw new EquipageError('E_UNKNOWN_JOB_ID', { id, queues })
  }
  for (const row of jobRows([job], runtime.config.get('log.redact'))) {
    print(options.json ? JSON.stringify(row, null, 2) : sheet(row))
  }
}

/** A line for each thing that is known, and the long ones below. */
function sheet(row: JobRow): string {
  const lines: [string, string | null][] = [
    ['job', row.name],
    ['id', row.id],
    ['queue', row.queue],
    ['state', row.state],
    ['attempts', attemptsText(row)],
    ['priority', row.priority === 0 ? null : String(row.priority)],
    ['pushed', said(row.pushedAt)],
    ['due', row.dueAt && said(row.dueAt)],
    ['started', row.startedAt && said(row.startedAt)],
    ['ended', row.endedAt && said(row.endedAt)],
    ['worker', row.worker],
    ['tags', row.tags.join(', ') || null],
    ['tick', compact(row.tick)],
    ['chain', compact(row.chain)],
    ['group', compact(row.group)],
    ['parent', compact(row.parent)],
    ['progress', compact(row.progress)],
  ]
  const known = lines.flatMap(([name, text]) =>
    text === null ? [] : [`${name.padEnd(10)}${text}`],
  )
  const parts = [known.join('\n'), `payload\n${JSON.stringify(row.payload, null, 2)}`]
  if (row.state === 'completed') parts.push(`result\n${JSON.stringify(row.result, null, 2)}`)
  if (row.error) parts.push(`error\n${row.error.stack ?? row.error.message}`)
  return parts.join('\n\n')
}

const compact = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

import type { JobState, StoredJob } from '../../connection/index.ts'
import type { Json } from '../../core/index.ts'
import { unlimitedAttempts } from '../../job/index.ts'
import { redacted } from '../../log/index.ts'
import { table, utc, utcOrNull } from '../terminal/index.ts'

/** A job as `--json` gives it. Instants are ISO 8601 in UTC. */
export interface JobRow {
  id: string
  name: string
  queue: string
  state: JobState
  /** With what the log hides hidden, as `result`, `progress` and `error` are. */
  payload: unknown
  tags: readonly string[]
  tick: Json | object | null
  chain: object | null
  group: object | null
  parent: object | null
  attemptsMade: number
  /** null when their number is not limited. */
  attempts: number | null
  priority: number
  progress: unknown
  result: unknown
  error: { message: string; stack: string | null } | null
  pushedAt: string
  dueAt: string | null
  startedAt: string | null
  endedAt: string | null
  worker: string | null
}

/**
 * Jobs as a reader may see them.
 * @param hide paths whose values are hidden beside those of secrets, as the log's settings name them
 */
export function jobRows(jobs: readonly StoredJob[], hide: readonly string[]): JobRow[] {
  return jobs.map(job => {
    const { data: payload, progress, result, error: err } = job
    // Under the names that a log line has them.
    const shown = redacted({ payload, progress, result, err }, hide)
    return {
      id: job.id,
      name: job.name,
      queue: job.queue,
      state: job.state,
      payload: shown.payload,
      tags: job.metadata.tags ?? [],
      tick: job.metadata.tick ?? null,
      chain: job.metadata.chain ?? null,
      group: job.metadata.group ?? null,
      parent: job.metadata.parent ?? null,
      attemptsMade: job.attemptsMade,
      attempts: job.attempts < unlimitedAttempts ? job.attempts : null,
      priority: job.priority,
      progress: shown.progress,
      result: shown.result,
      error: errorOf(shown.err),
      pushedAt: utc(job.pushedAt),
      dueAt: utcOrNull(job.dueAt),
      startedAt: utcOrNull(job.startedAt),
      endedAt: utcOrNull(job.endedAt),
      worker: job.worker,
    }
  })
}

/** An error as a log line shows it, without what only errors that live have. */
function errorOf(shown: unknown): JobRow['error'] {
  if (shown === null) return null
  const { message, stack } = shown as { message: string; stack?: string | null }
  return { message, stack: stack ?? null }
}

/** Jobs as a table, with what matters of each state. */
export function jobsTable(rows: readonly JobRow[]): string {
  if (rows.length === 0) return 'no jobs'
  const cells = rows.map(row => [
    row.id,
    row.name,
    row.queue,
    row.state,
    attemptsText(row),
    said(row.pushedAt),
    since(row),
    firstLine(row.error?.message ?? ''),
  ])
  return table(['id', 'job', 'queue', 'state', 'attempts', 'pushed', 'since', 'error'], cells)
}

export const attemptsText = ({ attemptsMade, attempts }: JobRow): string =>
  attempts === null ? `${attemptsMade}` : `${attemptsMade} of ${attempts}`

/** `2026-11-21 10:00:00Z` */
export const said = (instant: string): string => instant.replace('T', ' ').replace(/\.\d+Z$/, 'Z')

/** The moment of its state: when it is due, began or ended. */
function since({ state, dueAt, startedAt, endedAt }: JobRow): string {
  if (state === 'delayed') return dueAt === null ? '' : `due ${said(dueAt)}`
  const at = state === 'active' ? startedAt : endedAt
  return at === null ? '' : said(at)
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}

import type { TakenJob } from './taken-job.ts'

/** The stack traces that a job keeps: of its last attempts. */
const stacksKept = 5
/** The most characters of one stack trace, and of a failure text. */
const stackCharacters = 8_192
const reasonCharacters = 16_384

/** An end as a step is sent it: kind, id, run id and starts of the job, and four values by its kind (step-script.ts). */
export type JobEnd = readonly [
  kind: 'c' | 'f' | 'u' | 'r' | 'd' | 'w',
  id: string,
  run: string,
  starts: string,
  a: string,
  b: string,
  c: string,
  d: string,
]

/** How long finished jobs are kept: the worker's own rule, which a job's takes the place of. */
export interface KeepText {
  readonly completed: string
  readonly failed: string
}

/** A rule of BullMQ's as the script reads it: age in seconds, count, limit; `-` for none. */
export function keepText(rule: unknown, otherwise: string): string {
  if (rule === undefined || rule === null) return otherwise
  if (typeof rule === 'number') return `- ${rule} -`
  if (typeof rule !== 'object') return rule ? '- 0 -' : '- -1 -'
  const { age, count, limit } = rule as { age?: unknown; count?: unknown; limit?: unknown }
  const text = (value: unknown) => (Number.isFinite(value) ? String(value) : '-')
  return `${text(age)} ${text(count)} ${text(limit)}`
}

export function completed(job: TakenJob, result: string, keep: KeepText): JobEnd {
  const rule = keepText(job.options['removeOnComplete'], keep.completed)
  const attempts = String(job.attemptsMade + 1)
  return end('c', job, result, rule, attempts, job.isPlain ? 'plain' : '')
}

/** @param error its message and its stack are kept, cut */
export function failed(job: TakenJob, error: Error, keep: KeepText): JobEnd {
  const { options } = job
  const parent = {
    attempts: job.attempts,
    fpof: Boolean(options['fpof'] ?? options['failParentOnFailure']),
    cpof: Boolean(options['cpof'] ?? options['continueParentOnFailure']),
    idof: Boolean(options['idof'] ?? options['ignoreDependencyOnFailure']),
    rdof: Boolean(options['rdof'] ?? options['removeDependencyOnFailure']),
  }
  const rule = keepText(options['removeOnFail'], keep.failed)
  return end('f', job, reasonOf(error), rule, stacks(job, error), JSON.stringify(parent))
}

/** @param repairs what BullMQ can read in place of each field; false to remove it */
export function unreadable(
  job: Pick<TakenJob, 'id' | 'run' | 'starts'>,
  error: Error,
  repairs: Readonly<Record<string, string | false>>,
  keep: KeepText,
): JobEnd {
  return end('u', job, reasonOf(error), keep.failed, JSON.stringify(repairs))
}

export function retried(job: TakenJob, error: Error, delayMs: number): JobEnd {
  const lifo = job.options['lifo'] === true ? 'R' : 'L'
  return end('r', job, reasonOf(error), String(Math.ceil(delayMs)), stacks(job, error), lifo)
}

export function released(job: TakenJob, delayMs: number): JobEnd {
  return end('d', job, '', String(Math.ceil(delayMs)))
}

export function givenBack(job: Pick<TakenJob, 'id' | 'run' | 'starts'>): JobEnd {
  return end('w', job)
}

function end(
  kind: JobEnd[0],
  { id, run, starts }: Pick<TakenJob, 'id' | 'run' | 'starts'>,
  a = '',
  b = '',
  c = '',
  d = '',
): JobEnd {
  return [kind, id, run, String(starts), a, b, c, d]
}

function reasonOf({ message }: Error): string {
  return message.length > reasonCharacters ? `${message.slice(0, reasonCharacters)}...` : message
}

function stacks({ stacktrace }: TakenJob, { stack }: Error): string {
  const all = stack === undefined ? stacktrace : [...stacktrace, stack]
  return JSON.stringify(all.slice(-stacksKept).map(text => text.slice(0, stackCharacters)))
}

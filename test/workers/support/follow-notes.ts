import type { Note } from './notes.ts'

/** Whether a process is in the middle of a job. */
export function isBusy(notes: readonly Note[], pid: number | undefined): boolean {
  const open = new Set<string>()
  for (const note of notes) {
    if (note.pid !== pid) continue
    const job = `${note.job} ${note.id}`
    if (note.what === 'began') open.add(job)
    if (note.what === 'ended') open.delete(job)
  }
  return open.size > 0
}

/** What became of the parts of jobs. */
export interface Parts {
  /** How many have been stored. */
  readonly stored: number
  /** Those that ran although they were stored. */
  readonly again: readonly string[]
  /** How many runs began with a part that an earlier one had stored. */
  readonly spared: number
}

/** Follows jobs that write `ran <part>` and `stored <part>`. */
export function followParts(notes: readonly Note[]): Parts {
  const stored = new Set<string>()
  const again: string[] = []
  let spared = 0
  for (const { id, what } of notes) {
    const [verb, part = ''] = what.split(' ')
    const key = `${id} ${part}`
    if (verb === 'began' && stored.has(`${id} a`)) spared++
    if (verb === 'ran' && stored.has(key)) again.push(key)
    if (verb === 'stored') stored.add(key)
  }
  return { stored: stored.size, again, spared }
}

/**
 * The jobs that had another one of their number beside them: it began before they had ended, or
 * they began again after it had begun.
 */
export function overlaps(notes: readonly Note[]): string[] {
  const found: string[] = []
  const latest = new Map<number, string>()
  const past = new Set<string>()
  const ended = new Set<string>()
  for (const { n, id, what } of notes) {
    if (what === 'ended') ended.add(id)
    if (what !== 'began') continue
    if (past.has(id)) found.push(`${n}: ${id} began again beside ${latest.get(n)}`)
    const before = latest.get(n)
    if (before === id) continue
    if (before !== undefined) {
      if (!ended.has(before)) found.push(`${n}: ${id} began before ${before} had ended`)
      past.add(before)
    }
    if (!past.has(id)) latest.set(n, id)
  }
  return found
}

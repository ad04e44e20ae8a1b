import type { Queue } from '../../queue/index.ts'
import type { Output } from '../terminal/index.ts'

/** `equipage queue clear NAME`: without `--force` it only says what it would remove. */
export async function queueClear(
  queue: Queue,
  { print, note }: Output,
  name: string,
  options: { force?: true; json?: true },
): Promise<void> {
  await queue.names([name])
  const [counts] = await queue.counts([name])
  const found = { waiting: counts?.waiting ?? 0, delayed: counts?.delayed ?? 0 }
  const cleared = options.force ? await queue.clear(name) : found
  const done = options.force === true
  if (options.json) print(JSON.stringify({ queue: name, cleared: done, ...cleared }, null, 2))
  else {
    const { waiting, delayed } = cleared
    const what = `${waiting} waiting and ${delayed} delayed jobs`
    print(`${name}: ${done ? `removed ${what}` : `${what} would be removed`}`)
  }
  if (done) return
  note('nothing was removed; add --force to remove them')
  process.exitCode = 1
}

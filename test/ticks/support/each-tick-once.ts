import assert from 'node:assert/strict'
import { type Equipage, runtimeOf } from 'equipage'
import { eventually } from '../../../packages/equipage/test/support/eventually.ts'
import type { Run, TickingApplication } from './ticking-application.ts'

const iso = (instant: number) => new Date(instant).toISOString()

/** The rows of a schedule's ledger, the oldest first. */
export async function ledgerOf(view: Equipage, schedule = 'steady') {
  const { ticks } = await runtimeOf(view).connection
  return ticks.ledger({ name: schedule, from: 0, to: 8.64e15, limit: 100_000 })
}

/** Resolves when a run of a tick at or after an instant is written down. */
export async function untilRun(
  application: TickingApplication,
  after: number,
  schedule = 'steady',
): Promise<void> {
  const ran = () => {
    const last = application.runs(schedule).at(-1)
    assert.ok(last && last.tick >= after, `${schedule} has not come to ${iso(after)}`)
  }
  await eventually(ran, 90_000)
}

/** Resolves when so many more ticks of a schedule have run than now. */
export async function untilMoreRuns(
  application: TickingApplication,
  more: number,
  schedule = 'steady',
): Promise<void> {
  const before = application.runs(schedule).length
  const ran = () => assert.ok(application.runs(schedule).length >= before + more)
  await eventually(ran, 90_000)
}

/**
 * Every instant from the first tick to the last has one row in the ledger that says `fired`, with
 * none left out, and a job of its own that has run; nothing else has run. Waits for jobs that are
 * still on their way: the schedulers must have ended.
 * @returns the ticks that ran more than once, with their runs
 */
export async function eachTickOnce(
  application: TickingApplication,
  view: Equipage,
  { schedule = 'steady', stepMs = 1_000 } = {},
): Promise<Map<number, Run[]>> {
  const rows = await ledgerOf(view, schedule)
  assert.ok(rows.length > 0, `the ledger of ${schedule} is empty`)
  const ticks = rows.map(({ tick }) => tick)
  for (const [index, row] of rows.entries()) {
    const { tick, first, count, fate } = row
    assert.deepEqual({ first, count, fate }, { first: tick, count: 1, fate: 'fired' }, iso(tick))
    const before = ticks[index - 1]
    if (before !== undefined) assert.equal(tick - before, stepMs, `between ${iso(before)} and next`)
  }
  // A job whose worker or process died runs again when its lease is over.
  await eventually(() => {
    const ran = new Set(application.runs(schedule).map(({ tick }) => tick))
    assert.deepEqual(ticks.filter(tick => !ran.has(tick)).map(iso), [], 'never ran')
  }, 90_000)
  const runs = Map.groupBy(application.runs(schedule), ({ tick }) => tick)
  const decided = new Set(ticks)
  assert.deepEqual([...runs.keys()].filter(tick => !decided.has(tick)).map(iso), [], 'no row')
  return new Map([...runs].filter(([, of]) => of.length > 1))
}

/** As `eachTickOnce`, where nothing that was acknowledged got lost: one job for each tick, the one that its row names. */
export async function eachTickOneJob(
  application: TickingApplication,
  view: Equipage,
  options: { schedule?: string; stepMs?: number } = {},
): Promise<void> {
  await eachTickOnce(application, view, options)
  const jobs = new Map<number, Set<string>>()
  for (const { tick, jobId } of application.runs(options.schedule))
    jobs.set(tick, (jobs.get(tick) ?? new Set()).add(jobId))
  for (const { tick, jobId } of await ledgerOf(view, options.schedule))
    assert.deepEqual([...(jobs.get(tick) ?? [])], [jobId], iso(tick))
}

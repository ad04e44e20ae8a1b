import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { LedgerRow, TickMemory } from '../../../src/connection/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { type Fault, FaultyProcess, type Moment } from '../support/faults.ts'
import {
  FaultyWorld,
  type Ground,
  type Pushed,
  redisGround,
  syncGround,
} from '../support/faulty-world.ts'

const server = await startRedis()
after(() => server.stop())

const stepMs = 4_000
const moments: Record<Moment, string> = {
  'throws before': 'a call that fails and was not carried out',
  'throws after': 'a call that was carried out and whose answer is lost',
  'dies before': 'a process that dies before it makes a call',
  'dies after': 'a process that dies before it has the answer of a call',
}

suite('whichever call it is', { concurrency: true }, () => {
  for (const [moment, words] of Object.entries(moments) as [Moment, string][]) {
    test(`${words}: under sync no tick is lost and none fires twice`, async t => {
      await everyCall(moment, () => syncGround(t))
    })
    test(`${words}: under redis no tick is lost and none fires twice`, async () => {
      await everyCall(moment, () => redisGround(server))
    })
  }
})

/** Lets the fault happen at each call in turn that a process makes from its start to its end, each in a world of its own. */
async function everyCall(moment: Moment, ground: () => Ground): Promise<void> {
  const { calls } = await live(ground(), undefined)
  // A run of a job never fails: it tells how it ended.
  const names = moment.startsWith('throws') ? calls.filter(name => name !== 'run') : calls
  const faults = names.map((name, at): Fault => {
    const nth = names.slice(0, at).filter(earlier => earlier === name).length
    return { name, nth, moment }
  })
  assert.ok(faults.length > 15, `only ${calls.join(', ')}`)
  const worlds = await Promise.allSettled(faults.map(fault => live(ground(), fault)))
  const failures = worlds.flatMap((world, index) => {
    if (world.status === 'fulfilled') return []
    const { name, nth } = faults[index] ?? {}
    return [`${name} ${nth}: ${(world.reason as Error).message}`]
  })
  assert.deepEqual(failures, [])
}

/** One process with a fault, which ends or dies, and one without, which goes on. */
async function live(
  ground: Ground,
  fault: Fault | undefined,
): Promise<{ calls: readonly string[] }> {
  const world = new FaultyWorld(ground)
  try {
    const faulty = new FaultyProcess(fault)
    const first = await world.boot(faulty)
    await world.pass(14_000, faulty)
    await first.stop()
    assert.equal(faulty.struck, fault !== undefined, 'the call was not made')
    const sound = new FaultyProcess()
    const second = await world.boot(sound)
    // Longer than any lease of a job, or of a function.
    await world.pass(45_000, sound)
    await second.stop()
    await check(world, ground, second.ticks, fault?.moment)
    return { calls: faulty.calls }
  } finally {
    await world.close()
  }
}

async function check(
  world: FaultyWorld,
  ground: Ground,
  ticks: TickMemory,
  moment: Moment | undefined,
): Promise<void> {
  const waiting = ground.inline ? [] : await ground.waiting()
  const { totals } = world
  const jobs = {
    pushed: ground.inline ? totals.pushed : waiting.filter(job => job.schedule === 'pushed'),
    chained: ground.inline ? totals.chained : waiting.filter(job => job.schedule === 'chained'),
  }
  for (const name of ['pushed', 'chained'] as const) {
    const rows = await rowsOf(ticks, name)
    for (const { tick, fate, jobId } of rows) {
      assert.equal(fate, 'fired', `${name}: ${fate}`)
      const ids = idsOf(jobs[name], tick)
      assert.equal(ids.length, 1, `${name}: ${ids.length} jobs of one tick`)
      if (name === 'pushed') assert.deepEqual(ids, [jobId])
    }
    const again = jobs[name].length - rows.length
    // A job whose process died runs again; so does one of a chain whose push was not answered.
    const mayRunAgain =
      moment?.startsWith('dies') || (name === 'chained' && moment === 'throws after')
    assert.ok(again === 0 || (again === 1 && mayRunAgain), `${name}: ${again} too many`)
  }
  await checkCalled(world, ticks)
}

/** Functions start at most once, and one that did not end is on record. */
async function checkCalled(world: FaultyWorld, ticks: TickMemory): Promise<void> {
  const rows = await eventually(async () => {
    // Under redis a lease ends by the server's own clock.
    await ticks.heartbeat({ deployment: 'none', process: 'test:looker', calls: [] })
    const rows = await rowsOf(ticks, 'called')
    assert.ok(rows.every(({ fate }) => fate !== 'running'))
    return rows
  })
  const started = world.totals.called
  assert.equal(new Set(started).size, started.length, 'a function has started twice')
  const interrupted = rows.filter(({ fate }) => fate !== 'fired')
  assert.ok(interrupted.length <= 1, `${interrupted.length} functions were not fired`)
  for (const { fate, reason } of interrupted)
    assert.deepEqual([fate, reason], ['failed', 'interrupted'])
  for (const { tick, fate } of rows)
    if (fate === 'fired') assert.ok(started.includes(tick), 'fired, and has not started')
  assert.ok(started.every(tick => rows.some(row => row.tick === tick)))
}

/** The ledger of a schedule: a row for each of its ticks, and none left out. */
async function rowsOf(ticks: TickMemory, name: string): Promise<LedgerRow[]> {
  const rows = await ticks.ledger({ name, from: 0, to: 8.64e15, limit: 1_000 })
  const [stored] = await ticks.stored([name])
  assert.ok(stored && rows.length >= 10, `${name} has ${rows.length} rows`)
  const expected = rows.map((_, index) => stored.anchor + (index + 1) * stepMs)
  assert.deepEqual(
    rows.map(({ tick }) => tick),
    expected,
    `${name}: ticks of the ledger`,
  )
  assert.ok(rows.every(({ count }) => count === 1))
  assert.equal(rows.at(-1)?.tick, stored.cursor)
  return rows
}

function idsOf(jobs: readonly Pushed[], tick: number): string[] {
  return [...new Set(jobs.filter(job => job.tick === tick).map(({ jobId }) => jobId))]
}

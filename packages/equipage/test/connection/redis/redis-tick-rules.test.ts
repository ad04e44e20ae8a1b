import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, suite, type TestContext, test } from 'node:test'
import { defineClaims } from '../../../src/connection/redis/pushing/claims.ts'
import { definePlainClaims } from '../../../src/connection/redis/pushing/plain-claims.ts'
import { Producer } from '../../../src/connection/redis/pushing/producer.ts'
import { scheduleKeys } from '../../../src/connection/redis/pushing/schedule-keys.ts'
import { RedisGroups } from '../../../src/connection/redis/redis-groups.ts'
import { RedisTickMemory } from '../../../src/connection/redis/redis-tick-memory.ts'
import type { RedisClient } from '../../../src/connection/redis/server/client.ts'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import type { Outcome } from '../../../src/job/index.ts'
import { memoryConnection } from '../../../src/simulation/memory-connection.ts'
import { capturedLog } from '../../support/lines.ts'
import { startRedis } from '../../support/redis.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { keep, redisSettings } from '../conformance/harness.ts'
import {
  type Compared,
  Driver,
  EventSource,
  type Stored,
  type TickEvent,
} from '../conformance/tick-comparison.ts'

const server = await startRedis()
after(() => server.stop())

/** Few and young rows, so that both limits are reached; Redis keeps those of a forgotten schedule as long. */
const retention = { ageMs: 60_000, count: 5 }

/** The rules, applied to Maps. */
function memory(clock: StubClock): Compared {
  const durationOf = () => Number.POSITIVE_INFINITY
  const { ticks, groups, carrier } = memoryConnection({ clock, ledger: retention, durationOf })
  return { ticks, groups, setTime: async () => undefined, end: async id => carrier.end(id) }
}

/** The rules, within transactions. Jobs that begin at once run until the test ends them. */
function sync(t: TestContext, clock: StubClock): Compared {
  const file = join(temporaryFolder(t), 'queue.sqlite')
  const ends = new Map<string, PromiseWithResolvers<Outcome>>()
  const endOf = (id: string) => {
    const end = ends.get(id) ?? Promise.withResolvers<Outcome>()
    ends.set(id, end)
    return end
  }
  const pushes = new Map<string, Promise<unknown>>()
  const run = ({ id, signal }: { id: string; signal: AbortSignal }) => {
    const released = { state: 'released', delayMs: 0, reason: 'the test is over' } as const
    signal.addEventListener('abort', () => endOf(id).resolve(released))
    return endOf(id).promise
  }
  const settings = { file, keepFailed: keep, ledger: retention, lockMs: 1e12 }
  const connection = syncConnection(settings, { run, log: capturedLog().log, clock })
  t.after(() => connection.stop(0))
  const { ticks, groups, admin } = connection
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  return {
    ticks,
    groups,
    stored: async () => storedInFile(database),
    setTime: async () => undefined,
    pushed: (id, receipt) => void pushes.set(id, Promise.resolve(receipt)),
    async end(id) {
      if (await admin.forget('default', id)) return
      endOf(id).resolve({ state: 'completed', result: null, next: undefined })
      await pushes.get(id)
    },
  }
}

/** The scripts, in a Redis whose TIME, as far as they see, is what the test has written into a key. */
async function redis(t: TestContext, clock: StubClock): Promise<Compared> {
  const settings = { ...redisSettings(server), keep: { completed: keep, failed: keep } }
  const { prefix } = settings
  const claims = { base: scheduleKeys(prefix).base, prefix, retention }
  const producer = new Producer(settings, claims, capturedLog().log, clock)
  t.after(() => producer.close())
  const timeKey = `${prefix}::time`
  const prelude = `
local server = redis
local redis = setmetatable({
  call = function (command, ...)
    if command ~= 'TIME' then return server.call(command, ...) end
    local ms = server.call('GET', '${timeKey}')
    return {string.sub(ms, 1, -4), string.sub(ms, -3) .. '000'}
  end
}, {__index = server})
`
  const { client } = producer
  const timed = {
    defineCommand: (name: string, { lua, ...definition }: { lua: string; numberOfKeys: number }) =>
      client.defineCommand(name, { ...definition, lua: prelude + lua }),
  } as unknown as RedisClient
  defineClaims(timed)
  definePlainClaims(timed)
  const evaluate = client.eval.bind(client) as (...args: unknown[]) => Promise<unknown>
  Object.assign(client, {
    eval: (script: string, ...args: unknown[]) => evaluate(prelude + script, ...args),
  })
  const setTime = (now: number) => producer.ask(async () => void (await client.set(timeKey, now)))
  await setTime(clock.now())
  return {
    ticks: new RedisTickMemory(producer, claims, clock),
    groups: new RedisGroups(producer, prefix),
    stored: () => storedInRedis(client, claims.base),
    setTime,
    async end(id) {
      assert.equal(await (await producer.queue('default')).remove(id), 1)
    },
  }
}

function storedInFile(database: DatabaseSync): Stored {
  const all = (query: string) => database.prepare(query).all() as Record<string, never>[]
  const schedules = all('select name, waiting, holder from schedules')
  const deployments = all('select id, ruling from deployments order by born')
  return {
    waiting: record(
      schedules.filter(row => row['waiting'] !== null),
      row => [row['name'] ?? '', Number(row['waiting'])],
    ),
    holders: record(
      schedules.filter(row => row['holder'] !== null),
      row => {
        const { call, jobs = [], group } = JSON.parse(row['holder'] ?? '')
        return [
          row['name'] ?? '',
          call ? `function ${call}` : `${jobs.length + (group ? 1 : 0)} jobs`,
        ]
      },
    ),
    leases: record(all('select * from calls'), row => [
      `${row['tick']} ${row['schedule']}`,
      Number(row['leased_until']),
    ]),
    schedulers: record(all('select * from processes'), row => [
      row['process'] ?? '',
      `${row['deployment']} ${row['alive_until']}`,
    ]),
    currentDeployment: deployments.find(row => row['ruling'] === 1)?.['id'] ?? null,
    deployments: deployments.map(row => row['id'] ?? ''),
  }
}

async function storedInRedis(client: RedisClient, base: string): Promise<Stored> {
  const scores = async (key: string) => {
    const found = await client.zrange(base + key, '0', '-1', 'WITHSCORES')
    const members = found.filter((_, index) => index % 2 === 0)
    return record(members, member => [member, Number(found[found.indexOf(member) + 1])])
  }
  const hash = async (key: string) => Object.entries(await client.hgetall(base + key))
  const deploymentOf = await client.hgetall(`${base}scheduler-deployments`)
  return {
    waiting: record(await hash('waiting'), ([name, tick]) => [name, Number(tick)]),
    holders: record(await hash('holders'), ([name, holder]) => {
      const [, tick] = /^function (\d+)/.exec(holder) ?? []
      const jobs = holder.split('\n').filter(Boolean)
      return [name, tick ? `function ${tick}` : `${jobs.length} jobs`]
    }),
    leases: await scores('function-leases'),
    schedulers: record(Object.entries(await scores('schedulers')), ([process, until]) => [
      process,
      `${deploymentOf[process]} ${until}`,
    ]),
    currentDeployment: await client.get(`${base}current-deployment`),
    deployments: await client.zrange(`${base}deployments`, '0', '-1'),
  }
}

function record<Row, Value>(
  rows: readonly Row[],
  entryOf: (row: Row) => readonly [string, Value],
): Record<string, Value> {
  return Object.fromEntries(rows.map(entryOf))
}

suite('ticks over Redis, over the state file and in memory', { concurrency: true }, () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`decide the same, event by event (seed ${seed})`, async t => {
      const clock = new StubClock()
      const rules = memory(clock)
      const all = { memory: rules, sync: sync(t, clock), redis: await redis(t, clock) }
      const drivers = Object.entries(all).map(
        ([name, compared]) => [name, new Driver(compared, clock.now())] as const,
      )
      const source = new EventSource(seed, rules.ticks, clock)
      const seen = new Map<string, number>()
      const happened: TickEvent[] = []
      for (let step = 0; step < 250; step++) {
        const event: TickEvent =
          step === 0
            ? { event: 'register', deployment: 'first', process: 'host:1' }
            : await source.next()
        happened.push(event)
        if (event.event === 'pass') clock.advance(event.ms)
        const answers = await Promise.all(
          drivers.map(async ([name, driver]) => {
            const result = await driver.drive(event)
            const state = await driver.state()
            return { name, result, state, stored: await driver.stored() }
          }),
        )
        const [inMemory, inFile, inRedis] = answers
        assert.ok(inMemory && inFile && inRedis)
        const expected = { ...inMemory, stored: inFile.stored }
        for (const other of [inFile, inRedis]) {
          const history = happened.slice(-4).map(one => JSON.stringify(one))
          const where = `${other.name}, step ${step}, after\n${history.join('\n')}`
          assert.deepEqual({ where, ...other }, { where, ...expected, name: other.name })
        }
        if (event.event === 'claim') source.learn(event, expected.result)
        const outcome = (expected.result as { outcome?: string } | undefined)?.outcome
        if (outcome) seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      }
      const outcomes = ['claimed', 'already-claimed', 'superseded', 'overlapping', 'paused']
      for (const outcome of outcomes) assert.ok(seen.has(outcome), `${outcome} was never reached`)
    })
  }
})

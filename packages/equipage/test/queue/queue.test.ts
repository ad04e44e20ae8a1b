import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { EquipageError } from '../../src/core/errors.ts'
import { defineChain, defineJob, JobRegistry } from '../../src/job/index.ts'
import { Queue } from '../../src/queue/index.ts'
import { memoryConnection } from '../../src/simulation/memory-connection.ts'
import { MemoryCarrier } from '../support/memory-carrier.ts'
import { StubClock } from '../support/stub-clock.ts'
import { tickMetadata } from '../support/tick-metadata.ts'

const report = defineJob({
  name: 'report',
  payload: z.object({ id: z.number(), limit: z.number().default(10) }),
  queue: 'reports',
  attempts: 3,
  run: () => 'written',
})
const bare = defineJob({ name: 'bare', run: () => null })
const day = defineChain({ name: 'day', start: report }).andThen(bare, () => ({}))

function queue() {
  const carrier = new MemoryCarrier()
  const clock = new StubClock()
  const registry = new JobRegistry()
  for (const definition of [report, bare, day]) registry.add(definition, 'app/jobs/all.ts')
  const { admin } = memoryConnection({ clock })
  const dependencies = {
    carrier: async () => carrier,
    admin: async () => admin,
    clock,
    registry: async () => registry,
  }
  return { queue: new Queue(dependencies), carrier, clock, pushed: carrier.pushed }
}

describe('a push', () => {
  it('hands on the payload alone, with what the definition says', async () => {
    const { queue: q, pushed } = queue()
    const receipt = await q.push(report, { id: 7 })
    assert.deepEqual(receipt, { id: '1', name: 'report', queue: 'reports', state: 'waiting' })
    assert.deepEqual(pushed, [
      {
        name: 'report',
        queue: 'reports',
        data: { id: 7 },
        attempts: 3,
        delayMs: 0,
        priority: 0,
        metadata: {},
      },
    ])
  })

  it('of a job that takes nothing needs no payload', async () => {
    const { queue: q, pushed } = queue()
    await q.push(bare)
    await q.push(bare, {})
    await q.push(bare, undefined, { priority: 5 })
    assert.deepEqual(
      pushed.map(({ data, priority }) => [data, priority]),
      [
        [{}, 0],
        [{}, 0],
        [{}, 5],
      ],
    )
  })

  it('of a chain pushes its first job, under the name of the chain, each run with an id of its own', async () => {
    const { queue: q, pushed } = queue()
    const receipt = await q.push(day, { id: 7 })
    await q.push(day, { id: 7 })
    assert.equal(receipt.name, 'day')
    const chains = pushed.map(job => [job.name, job.metadata.chain?.name, job.metadata.chain?.link])
    assert.deepEqual(chains, Array(2).fill(['report', 'day', 0]))
    const ids = pushed.map(job => job.metadata.chain?.id ?? '')
    assert.notEqual(ids[0], ids[1])
    for (const id of ids) assert.match(id, /^[\w-]{36}$/)
  })

  it('for later carries how long it is to wait', async () => {
    const { queue: q, pushed, clock } = queue()
    await q.pushIn('10m', report, { id: 1 }, { priority: 1 })
    await q.pushIn(250, bare)
    await q.pushAt(new Date(clock.now() + 90_000), report, { id: 1 })
    await q.pushAt(new Date(clock.now() - 90_000), bare)
    assert.deepEqual(
      pushed.map(({ name, delayMs, priority }) => [name, delayMs, priority]),
      [
        ['report', 600_000, 1],
        ['bare', 250, 0],
        ['report', 90_000, 0],
        ['bare', 0, 0],
      ],
    )
  })

  it('of many gives a receipt each, in their order', async () => {
    const { queue: q, pushed } = queue()
    const receipts = await q.pushMany(report, [{ id: 1 }, { id: 2 }, { id: 3 }], { priority: 9 })
    assert.deepEqual(
      receipts.map(receipt => receipt.id),
      ['1', '2', '3'],
    )
    assert.deepEqual(
      pushed.map(({ data, priority }) => [data, priority]),
      [1, 2, 3].map(id => [{ id }, 9]),
    )
    assert.deepEqual(await q.pushMany(report, []), [])
    await assert.rejects(q.pushMany(report, { id: 1 } as never), {
      code: 'E_BAD_OPTION',
      message: 'pushMany of "report", payloads: expected a list of payloads, got { id: 1 }',
    })
  })

  it('fails with what the connection says, when it does not take the job', async () => {
    const { queue: q, carrier } = queue()
    const fields = { connection: 'Redis', address: '127.0.0.1:6379', reason: 'ECONNREFUSED' }
    carrier.push = () => Promise.reject(new EquipageError('E_CONNECTION_AWAY', fields))
    await assert.rejects(q.push(bare), { code: 'E_CONNECTION_AWAY' })
    await assert.rejects(q.pushMany(bare, [{}]), { code: 'E_CONNECTION_AWAY' })
  })
})

describe('a mistake of the pusher is thrown at once, and nothing is pushed', () => {
  type Q = ReturnType<typeof queue>['queue']
  const refused = (what: string, push: (q: Q) => Promise<unknown>, code: string, message: RegExp) =>
    it(`when ${what}`, async () => {
      const { queue: q, pushed } = queue()
      await assert.rejects(push(q), { code, message })
      assert.deepEqual(pushed, [])
    })

  const wrong = { id: 'seven' } as never
  refused(
    'a payload has the wrong shape',
    q => q.push(report, wrong),
    'E_BAD_PAYLOAD',
    /payload\.id/,
  )
  refused('a payload is missing', q => q.push(report, undefined as never), 'E_BAD_PAYLOAD', /\.id/)
  refused(
    'a payload is not JSON',
    q => q.push(report, { id: Number.NaN }),
    'E_NOT_JSON',
    /at id: NaN/,
  )
  refused(
    'a job that takes nothing is given some',
    q => q.push(bare, wrong),
    'E_BAD_PAYLOAD',
    /none/,
  )
  refused('a chain is given a wrong payload', q => q.push(day, wrong), 'E_BAD_PAYLOAD', /"report"/)
  refused(
    'one payload of many is wrong',
    q => q.pushMany(report, [{ id: 1 }, wrong]),
    'E_BAD_PAYLOAD',
    /payload\.id/,
  )
  const stranger = defineJob({ name: 'brae', run: () => null })
  refused(
    'its job is not registered',
    q => q.push(stranger),
    'E_UNKNOWN_JOB',
    /did you mean "bare"/,
  )
  for (const priority of [-1, 1.5, 2_097_152, Number.NaN, '1' as never]) {
    const message = /push of "bare", priority: expected a whole number from 0 to 2097151, got/
    refused(
      `the priority is ${priority}`,
      q => q.push(bare, {}, { priority }),
      'E_BAD_OPTION',
      message,
    )
  }
  refused(
    'an option is misspelt',
    q => q.push(bare, {}, { prority: 1 } as never),
    'E_BAD_OPTION',
    /push of "bare", prority: expected priority, because/,
  )
  refused(
    'a delay is none',
    q => q.pushIn('soon', bare),
    'E_BAD_DURATION',
    /pushIn of "bare": .*'soon'/,
  )
  refused('a delay is negative', q => q.pushIn(-1, bare), 'E_BAD_DURATION', /pushIn of "bare"/)
  for (const at of [new Date('never'), Date.now() as never, '2026-11-21' as never]) {
    const message = /pushAt of "bare", at: expected a valid Date, got/
    refused(`the moment is ${at}`, q => q.pushAt(at, bare), 'E_BAD_OPTION', message)
  }
})

describe('a prepared push', () => {
  it('carries the tick that it is for, beside the chain that it begins', async () => {
    const tick = tickMetadata()
    const { queue: q, pushed } = queue()
    const job = await q.prepare(day, { id: 1 }, {}, 0, { tick })
    assert.deepEqual(job.metadata.tick, tick)
    assert.equal(job.metadata.chain?.name, 'day')
    assert.equal((await q.prepare('bare', {}, {}, 0, { tick })).name, 'bare')
    assert.deepEqual(pushed, [])
  })
})

describe('the counts', () => {
  it('are those of the queues asked for, or of all that the jobs name', async () => {
    const { queue: q } = queue()
    await q.pushMany(report, [{ id: 1 }, { id: 2 }])
    const waiting = async (queues?: string[]) =>
      (await q.counts(queues)).map(count => [count.queue, count.waiting])
    assert.deepEqual(await waiting(), [
      ['default', 0],
      ['reports', 2],
    ])
    assert.deepEqual(await waiting(['reports']), [['reports', 2]])
  })
})

import assert from 'node:assert/strict'
import { afterEach, describe, it, type TestContext } from 'node:test'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { shop } from '../support/shop.ts'

const jobs = `
  import { defineGroup, defineJob } from 'equipage'
  import { z } from 'zod'
  export const report = defineJob({
    name: 'report',
    payload: z.object({ id: z.number() }),
    queue: 'reports',
    run: ({ payload }) => ({ id: payload.id }),
  })
  export const login = defineJob({
    name: 'login',
    payload: z.object({ user: z.string(), password: z.string(), mail: z.object({ token: z.string(), to: z.string() }) }),
    run: () => Promise.reject(new Error('out of paper\\nand of ink')),
  })
  const failing = defineJob({ name: 'failing', run: () => Promise.reject(new Error('no luck')) })
  export const all = defineGroup({ name: 'all' }).with('one', failing, () => ({}))
`

const env = 'LOG_CHANNEL=null\nLOG_REDACT=payload.mail.to\n'

const payload = { user: 'ada', password: 'hunter2', mail: { token: 'abc', to: 'ada@example' } }

/** An application with a job that fails and one that does not; its folder, and the id of a job that has failed. */
async function world(t: TestContext) {
  const folder = shop(t, {
    '.env': env,
    'app/jobs/all.ts': jobs,
    'app/scheduler.ts': `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler { register() {} }`,
  })
  const run = async (...args: string[]) => (await runCommand(folder, 'queue', ...args)).text
  const json = (...args: string[]) => jsonOf(folder, 'queue', ...args)
  const { id } = await json('push', 'login', JSON.stringify(payload))
  process.exitCode = undefined
  return { folder, run, json, id: id as string }
}

/** What a job's state is now, or that there is none. */
async function stateOf(
  { json }: { json: (...args: string[]) => Promise<{ state: string }> },
  id: string,
) {
  try {
    return (await json('show', id)).state
  } catch (error) {
    return (error as { code: string }).code
  }
}

// A command that says no sets it; it would become the exit code of this file.
afterEach(() => {
  process.exitCode = undefined
})

describe('equipage queue list and failed', () => {
  it('list jobs with what matters of each, in a table and as JSON', async t => {
    const { run, json, id } = await world(t)
    const [headings, , row] = (await run('list', 'default')).split('\n')
    assert.match(headings ?? '', /^id +job +queue +state +attempts +pushed +since +error$/)
    assert.match(row ?? '', new RegExp(`^${id} +login +default +failed +1 of 1 .*Z +out of paper$`))
    const [job] = await json('failed')
    assert.deepEqual([job.id, job.state, job.attemptsMade, job.attempts], [id, 'failed', 1, 1])
    assert.match(job.endedAt, /^\d{4}-.*Z$/)
    assert.equal(await run('failed', '--queue', 'reports'), 'no jobs')
    assert.equal(await run('list', 'default', '--state', 'delayed'), 'no jobs')
  })

  it('give as many as they are asked for, the latest first', async t => {
    const { json, id } = await world(t)
    const { id: second } = await json('push', 'login', JSON.stringify(payload))
    const ids = async (...args: string[]) =>
      (await json('list', 'default', ...args)).map((job: { id: string }) => job.id)
    assert.deepEqual(await ids('--limit', '1'), [second])
    assert.deepEqual(await ids('--limit', '1', '--offset', '1'), [id])
    const failed = await json('failed', '--limit', '1')
    assert.deepEqual([failed.length, failed[0].id], [1, second])
  })

  it('refuse a queue that is not known, with the one that was meant', async t => {
    const { run } = await world(t)
    const unknown = { code: 'E_UNKNOWN_QUEUE', message: /did you mean "reports"\?/ }
    for (const args of [
      ['list', 'reprots'],
      ['failed', '--queue', 'reprots'],
      ['show', '1', '--queue', 'reprots'],
      ['retry', '--all', '--queue', 'reprots'],
      ['clear', 'reprots', '--force'],
      ['pause', 'reports', 'reprots'],
      ['monitor', '--max', '1', '--queue', 'reprots'],
    ]) {
      await assert.rejects(run(...args), unknown)
    }
    assert.match(await run('resume', 'reports'), /^reports: was not paused$/)
  })
})

describe('equipage queue show', () => {
  it('tells of one job what is known, and hides what the log hides', async t => {
    const { run, json, id } = await world(t)
    const text = await run('show', id)
    assert.match(text, new RegExp(`^job +login\nid +${id}\nqueue +default\nstate +failed\n`))
    assert.match(text, /^attempts +1 of 1$/m)
    assert.match(text, /^error\nError: out of paper\nand of ink\n +at .*all\.ts/m)
    const job = await json('show', id)
    assert.deepEqual(job.payload, {
      user: 'ada',
      password: '[hidden]',
      mail: { token: '[hidden]', to: '[hidden]' },
    })
    assert.doesNotMatch(text, /hunter2|abc|ada@example/)
    assert.deepEqual([job.tags, job.tick, job.chain, job.group], [[], null, null, null])
    assert.equal(job.parent, null)
    assert.deepEqual(Object.keys(job.error), ['message', 'stack'])
    assert.equal(job.error.message, 'out of paper\nand of ink')
  })

  it('tells to which group a job belongs, and as which member', async t => {
    const { run, json } = await world(t)
    await json('push', 'all', '{}')
    const [job] = await json('failed', '--limit', '1')
    assert.equal(job.name, 'failing')
    const { id, ...member } = job.group
    assert.deepEqual(member, { name: 'all', index: 0, onFailure: 'fail' })
    assert.match(await run('show', job.id), new RegExp(`^group +{"name":"all","id":"${id}",`, 'm'))
  })

  it('refuses an id that no queue has', async t => {
    const { run } = await world(t)
    const message = /no job 'gone' in the queues default, reports/
    await assert.rejects(run('show', 'gone'), { code: 'E_UNKNOWN_JOB_ID', message })
  })
})

describe('equipage queue retry', () => {
  it('lets one failed job wait again', async t => {
    const w = await world(t)
    assert.equal(await w.run('retry', w.id), `login ${w.id}: waits again in default`)
    assert.equal(await stateOf(w, w.id), 'waiting')
    await assert.rejects(w.run('retry', w.id), {
      code: 'E_JOB_STATE',
      message: /is waiting; only failed jobs can be retried/,
    })
  })

  it('lets all failed jobs of a queue wait again', async t => {
    const w = await world(t)
    await w.json('push', 'login', JSON.stringify(payload))
    assert.deepEqual(await w.json('retry', '--all', '--queue', 'default'), {
      queue: 'default',
      retried: 2,
    })
    assert.equal(
      await w.run('retry', '--all', '--queue', 'default'),
      'default: 0 failed jobs wait again',
    )
  })

  for (const args of [[], ['--all'], ['1', '--all', '--queue', 'default']]) {
    it(`refuses ${args.join(' ') || 'nothing'}`, async t => {
      const w = await world(t)
      await assert.rejects(w.run('retry', ...args), { code: 'E_BAD_ARGUMENT' })
      assert.equal(await stateOf(w, w.id), 'failed')
    })
  }
})

describe('equipage queue forget and clear', () => {
  it('forget removes a job, and changes nothing when one id is wrong', async t => {
    const w = await world(t)
    await assert.rejects(w.run('forget', w.id, 'gone'), { code: 'E_UNKNOWN_JOB_ID' })
    assert.equal(await stateOf(w, w.id), 'failed')
    assert.equal(await w.run('forget', w.id), `login ${w.id}: removed; it was failed`)
    assert.equal(await stateOf(w, w.id), 'E_UNKNOWN_JOB_ID')
  })

  it('clear counts first, and removes what waits when it is told to', async t => {
    const { folder, run, json } = await world(t)
    await run('pause', 'reports')
    await run('push', 'report', '{"id": 1}')
    const counted = await runCommand(folder, 'queue', 'clear', 'reports')
    assert.equal(counted.text, 'reports: 1 waiting and 0 delayed jobs would be removed')
    assert.match(counted.notes, /nothing was removed; add --force/)
    assert.equal(process.exitCode, 1)
    process.exitCode = undefined
    assert.deepEqual(await json('clear', 'reports', '--force'), {
      queue: 'reports',
      cleared: true,
      waiting: 1,
      delayed: 0,
    })
    assert.equal(process.exitCode, undefined)
    assert.equal(await run('list', 'reports'), 'no jobs')
    assert.equal((await json('failed')).length, 1)
  })
})

describe('equipage queue pause, resume and stats', () => {
  it('pause and resume one queue or all, and stats tells of it', async t => {
    const { run, json } = await world(t)
    assert.equal(await run('pause', 'reports'), 'reports: paused')
    assert.equal(await run('pause'), 'default: paused\nreports: was paused already')
    assert.match(await run('stats'), /^reports .* yes$/m)
    assert.match(await run('push', 'report', '{"id": 1}'), /: waiting$/)
    assert.equal(await run('resume', 'default'), 'default: goes on')
    const stats = await json('stats')
    assert.deepEqual(
      stats.map((row: { queue: string; paused: boolean; waiting: number }) => [
        row.queue,
        row.paused,
        row.waiting,
      ]),
      [
        ['default', false, 0],
        ['reports', true, 1],
      ],
    )
    assert.deepEqual(await json('resume'), [
      { queue: 'default', paused: false, changed: false },
      { queue: 'reports', paused: false, changed: true },
    ])
  })
})

describe('equipage queue cancel', () => {
  it('removes a job that waits, and refuses one that has ended', async t => {
    const w = await world(t)
    await w.run('pause', 'reports')
    const { id } = await w.json('push', 'report', '{"id": 1}')
    assert.equal(await w.run('cancel', id), `${id}: removed before it ran`)
    assert.equal(await stateOf(w, id), 'E_UNKNOWN_JOB_ID')
    await assert.rejects(w.run('cancel', w.id), { code: 'E_JOB_STATE', message: /is failed/ })
  })
})

describe('equipage queue monitor', () => {
  it('says which queue is too long, a line each, and the exit code says so too', async t => {
    const { run, json } = await world(t)
    await run('pause', 'reports')
    await run('push', 'report', '{"id": 1}')
    await run('push', 'report', '{"id": 2}')
    assert.equal(
      await run('monitor', '--max', '2'),
      'default: fine, 0 waiting (at most 2)\nreports: fine, 2 waiting (at most 2), paused',
    )
    assert.equal(process.exitCode, undefined)
    assert.match(await run('monitor', '--max', '1'), /^reports: too long, 2 waiting \(at most 1\)/m)
    assert.equal(process.exitCode, 1)
    process.exitCode = undefined
    assert.deepEqual(await json('monitor', '--max', '0', '--queue', 'default'), [
      { queue: 'default', waiting: 0, max: 0, over: false, paused: false },
    ])
    assert.equal(process.exitCode, undefined)
  })
})

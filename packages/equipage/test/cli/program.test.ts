import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { runCommand } from './support/run-command.ts'
import { shop } from './support/shop.ts'

/** Runs one command, and gives what it printed. */
async function run(folder: string, ...args: string[]): Promise<string> {
  return (await runCommand(folder, ...args)).text
}

// A failed push sets it; it would become the exit code of this file.
afterEach(() => {
  process.exitCode = undefined
})

describe('equipage queue push', () => {
  it('pushes a job by its name, with its payload as JSON', async t => {
    const folder = shop(t)
    assert.match(
      await run(folder, 'queue', 'push', 'report', '{"id": 7}'),
      /^report [\w-]{36}: completed$/,
    )
    const receipt = JSON.parse(await run(folder, 'queue', 'push', 'day', '{"id": 7}', '--json'))
    const { id, ...rest } = receipt
    assert.match(id, /^[\w-]+$/)
    assert.deepEqual(rest, { name: 'day', queue: 'reports', state: 'completed', result: { id: 8 } })
    assert.equal(process.exitCode, undefined)
  })

  it('says when the job has failed, and with which error; the exit code says so too', async t => {
    const folder = shop(t)
    assert.match(
      await run(folder, 'queue', 'push', 'failing'),
      /^failing .*: failed \(out of paper\)$/,
    )
    assert.equal(process.exitCode, 1)
    const receipt = JSON.parse(await run(folder, 'queue', 'push', 'failing', '--json'))
    assert.deepEqual([receipt.state, receipt.error], ['failed', 'out of paper'])
  })

  it('says that nothing was pushed, and which job is in the way', async t => {
    const folder = shop(t, {
      'app/jobs/poll.ts': `
        import { defineJob } from 'equipage'
        export const poll = defineJob({ name: 'poll', throttle: '1h', run: () => null })`,
    })
    const { id } = JSON.parse(await run(folder, 'queue', 'push', 'poll', '--json'))
    assert.equal(
      await run(folder, 'queue', 'push', 'poll'),
      `poll: refused, job ${id} of queue "default" is in the way`,
    )
    assert.equal(process.exitCode, undefined)
  })

  for (const [args, code, message] of [
    [['report', '{id: 7}'], 'E_BAD_JSON', /the payload of "report" is not JSON \(.*'\{id: 7\}'/],
    [['report', '{"id": "7"}'], 'E_BAD_PAYLOAD', /payload\.id/],
    [['report'], 'E_BAD_PAYLOAD', /payload\.id/],
    [['reprot'], 'E_UNKNOWN_JOB', /did you mean "report"/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async t => {
      await assert.rejects(run(shop(t), 'queue', 'push', ...args), { code, message })
    })
  }
})

describe('equipage queue stats', () => {
  it('counts the jobs of every queue', async t => {
    const folder = shop(t)
    await run(folder, 'queue', 'push', 'failing')
    const [headings, , ...rows] = (await run(folder, 'queue', 'stats')).split('\n')
    assert.match(headings ?? '', /^queue +waiting +delayed +active +completed +failed +paused$/)
    assert.match(rows[0] ?? '', /^default +0 +0 +0 +not kept +1 +no$/)
    assert.match(rows[1] ?? '', /^reports +0 +0 +0 +not kept +0 +no$/)
    const [first] = JSON.parse(await run(folder, 'queue', 'stats', '--json'))
    assert.deepEqual([first.queue, first.failed, first.completed], ['default', 1, null])
  })
})

describe('equipage config', () => {
  it('shows every setting with its variable, and no secret', async t => {
    const folder = shop(t)
    const text = await run(folder, 'config')
    assert.match(text, /^REDIS_PORT +queue\.redis\.port +6379 +Its port\.$/m)
    assert.match(text, /^REDIS_PASSWORD +queue\.redis\.password +"\[hidden\]" +/m)
    const settings = JSON.parse(await run(folder, 'config', '--json'))
    assert.ok(settings.length > 30)
    assert.ok(!(text + JSON.stringify(settings)).includes('hunter2'))
  })
})

describe('equipage health', () => {
  it('says that the connection answers', async t => {
    assert.equal(await run(shop(t), 'health'), 'sync answers')
  })

  it('fails when it does not', async t => {
    const redis = 'LOG_CHANNEL=null\nQUEUE_CONNECTION=redis\nREDIS_PORT=1\n'
    await assert.rejects(run(shop(t, { '.env': redis }), 'health'), {
      code: 'E_CONNECTION_AWAY',
      message: /127\.0\.0\.1:1 .*fix REDIS_HOST and REDIS_PORT$/,
    })
  })
})

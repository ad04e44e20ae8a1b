import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { defineJob, type JobDefinition, JobRegistry } from '../../../src/job/index.ts'
import { IsolatedHost, idleMs } from '../../../src/worker/isolating/isolated-host.ts'
import type { FromIsolated } from '../../../src/worker/isolating/isolated-messages.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { eventually } from '../../support/eventually.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** A host over some jobs, and what it says. */
function hostOf(definitions: readonly JobDefinition[]) {
  const clock = new StubClock()
  const { log } = capturedLog()
  const jobs = new JobRegistry()
  for (const definition of definitions) jobs.add(definition, 'app/jobs/all.ts')
  const said: FromIsolated[] = []
  let loads = 0
  const host = new IsolatedHost({
    async load() {
      loads++
      return { app: 'the application', clock, jobs, log }
    },
    say: message => void said.push(message),
    memoryBytes: () => 7,
    clock,
  })
  let idle = false
  void host.idle.then(() => {
    idle = true
  })
  const attempt = { id: '1', queue: 'default', data: {}, metadata: {} }
  const counts = { attempt: 1, attempts: 1, starts: 1, pushedAt: 0 }
  return {
    ...{ host, said, clock },
    loads: () => loads,
    isIdle: async () => turn().then(() => idle),
    give: (run: number, name: string) =>
      host.receive({ kind: 'run', run, attempt: { ...attempt, ...counts, name } }),
    ended: (run: number) =>
      eventually(() => {
        const end = said.find(message => message.kind === 'ended' && message.run === run)
        assert.ok(end?.kind === 'ended')
        return end
      }),
  }
}

const which = defineJob({ name: 'which', run: ({ app }) => app })

describe('a host of isolated jobs', () => {
  it('loads the application with its first job, and says when it begins and how it ends', async () => {
    const { give, ended, said, loads } = hostOf([which])
    assert.equal(loads(), 0)
    give(1, 'which')
    await ended(1)
    give(2, 'which')
    await ended(2)
    assert.equal(loads(), 1)
    assert.deepEqual(said.slice(0, 2), [
      { kind: 'begun', run: 1 },
      { kind: 'ended', run: 1, memoryBytes: 7, result: 'the application' },
    ])
  })

  it('is idle when it has had nothing to do for a while since its last job', async () => {
    const { give, ended, clock, isIdle } = hostOf([which])
    give(1, 'which')
    await ended(1)
    clock.advance(idleMs - 1)
    assert.equal(await isIdle(), false)
    give(2, 'which')
    await ended(2)
    clock.advance(idleMs - 1)
    assert.equal(await isIdle(), false)
    clock.advance(1)
    assert.equal(await isIdle(), true)
  })

  it('is not idle while a job runs, however long', async () => {
    const held = Promise.withResolvers<void>()
    const { give, ended, clock, isIdle } = hostOf([
      defineJob({ name: 'long', run: () => held.promise }),
    ])
    give(1, 'long')
    clock.advance(idleMs * 10)
    assert.equal(await isIdle(), false)
    held.resolve()
    await ended(1)
  })

  it('does not call a function whose signal was aborted before', async () => {
    const { host, give, ended } = hostOf([
      defineJob({ name: 'never', run: () => assert.fail('it was called') }),
    ])
    give(1, 'never')
    host.receive({ kind: 'abort', run: 1, reason: { name: 'Error', message: 'too late' } })
    assert.equal((await ended(1)).error?.message, 'too late')
  })

  it('leaves alone what is no message, and an abort that means another run', async () => {
    const held = Promise.withResolvers<void>()
    const { host, give, ended, said } = hostOf([
      defineJob({
        name: 'calm',
        async run({ signal }) {
          await held.promise
          return signal.aborted
        },
      }),
    ])
    const attempt = { id: 1, name: 'calm', queue: 'default' }
    const foul = ['text', null, { kind: 'run', run: 9 }, { kind: 'run', run: 9, attempt }]
    for (const message of [...foul, { kind: 'answer', run: 1, request: 5 }]) host.receive(message)
    give(1, 'calm')
    host.receive({ kind: 'abort', run: 2, reason: { name: 'Error', message: 'not yours' } })
    host.receive({ kind: 'abort', run: 1 })
    held.resolve()
    assert.equal((await ended(1)).result, false)
    assert.deepEqual(
      said.map(({ run }) => run),
      [1, 1],
    )
  })

  it('fails what a function waits for when it is stopped', async () => {
    const codes: unknown[] = []
    const { host, give, said } = hostOf([
      defineJob({
        name: 'waits',
        async run({ checkpoint, push, signal }) {
          const code = (error: { code?: unknown }) => codes.push(error.code)
          await checkpoint('one', () => 1).catch(code)
          await push(which).catch(code)
          codes.push(signal.aborted)
        },
      }),
      which,
    ])
    give(1, 'waits')
    await eventually(() => assert.equal(said.at(-1)?.kind, 'request'))
    await host.stop()
    assert.deepEqual(codes, ['E_STOPPING', 'E_STOPPING', true])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import type { Execution, KnownExecution } from '../../../src/job/attempts/execution.ts'
import {
  announceStart,
  checkResult,
  doWork,
  prepareFollowUp,
  readJobPayload,
  runFunction,
  type WorkDependencies,
  waitUntilReady,
  work,
} from '../../../src/job/attempts/work.ts'
import { defineChain, defineGroup, defineJob } from '../../../src/job/index.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'
import { executionOf } from '../support/executions.ts'

const double = defineJob({
  name: 'double',
  payload: z.object({ of: z.number().default(4) }),
  run: ({ payload }) => ({ is: payload.of * 2, on: new Date(0) }),
})

function dependencies(own: Partial<WorkDependencies> = {}): WorkDependencies {
  return {
    app: undefined,
    clock: new StubClock(),
    ready: () => undefined,
    pushChild: () => assert.fail('it pushed a child'),
    ...own,
  }
}

function known(execution: Execution): KnownExecution {
  const { definition } = execution
  assert.ok(definition)
  return { ...execution, definition }
}

describe('the work of an attempt can be stopped after any of its stages', () => {
  const upTo = (last: (typeof work)[number]) => work.slice(0, work.indexOf(last) + 1)
  const after = (last: (typeof work)[number]) =>
    doWork(executionOf([double]), dependencies(), upTo(last))

  it('after its start its payload is not read', async () => {
    assert.equal((await after(announceStart)).payload, undefined)
  })

  it('after its payload was read its function has not run', async () => {
    const { payload, returned } = await after(readJobPayload)
    assert.deepEqual([payload, returned], [{ of: 4 }, undefined])
  })

  it('after its function has run its result is not checked', async () => {
    const { returned, result } = await after(runFunction)
    assert.deepEqual([returned, result], [{ is: 8, on: new Date(0) }, null])
  })

  it('after the check its result is JSON', async () => {
    assert.deepEqual((await after(checkResult)).result, { is: 8, on: '1970-01-01T00:00:00.000Z' })
  })
})

describe('the work of an attempt', () => {
  it('is not begun where the job is not defined', async () => {
    const execution = executionOf([], { name: 'elsewhere' })
    assert.equal(await doWork(execution, dependencies()), execution)
  })

  it('ends with the first stage that throws, and keeps what the stages before it found', async () => {
    const clock = new StubClock()
    const began = async () => void clock.advance(300)
    const failing = defineJob({
      name: 'failing',
      payload: z.any(),
      run: () => assert.fail('it ran'),
    })
    const execution = executionOf([failing], {
      data: { id: 7 },
      metadata: { tick: tickMetadata() },
    })
    const ready = () => Promise.reject(new Error('no tables'))
    const worked = await doWork(
      execution,
      dependencies({ clock, ready, tickRuns: { began, ended: async () => undefined } }),
    )
    assert.equal(worked.error?.message, 'no tables')
    assert.deepEqual(worked.payload, { id: 7 })
    assert.equal(worked.startedAt - execution.receivedAt, 300)
  })
})

describe('reading the payload', () => {
  it('is done at once where the schema needs no promise', () => {
    const read = readJobPayload(known(executionOf([double], { data: { of: 3 } })))
    assert.ok(!(read instanceof Promise))
    assert.deepEqual(read.payload, { of: 3 })
  })

  it('is awaited where the schema needs one', async () => {
    const slow = defineJob({
      name: 'slow',
      payload: z.object({ of: z.number().refine(async of => of > 1) }),
      run: () => undefined,
    })
    const read = readJobPayload(known(executionOf([slow], { data: { of: 3 } })))
    assert.ok(read instanceof Promise)
    assert.deepEqual((await read).payload, { of: 3 })
  })

  it('is left out once the signal was aborted', () => {
    const signal = AbortSignal.abort(new Error('cancelled'))
    const execution = known(executionOf([double], { signal }))
    assert.throws(() => readJobPayload(execution), /^Error: cancelled$/)
  })
})

describe('the wait for the application', () => {
  it('is none once it is ready', () => {
    const execution = known(executionOf([double]))
    assert.equal(waitUntilReady(execution, { ready: () => undefined }), execution)
  })
})

describe('what is to follow is made with the attempt', () => {
  const result = { is: 8 }
  const shown = defineJob({ name: 'shown', payload: z.object({ is: z.number() }), run: () => 1 })

  it('the next job of its chain, with its payload', async () => {
    const chain = defineChain({ name: 'twice', start: double }).andThen(shown, () => ({ is: 8 }))
    const metadata = { chain: { name: 'twice', id: 'run-1', link: 0 } }
    const execution = known(executionOf([double, shown, chain], { metadata }))
    const { followUp } = await prepareFollowUp({ ...execution, result }, {})
    assert.equal(followUp.next?.name, 'shown')
    assert.deepEqual(followUp.next?.data, { is: 8 })
  })

  it('the members of the group that it fans out; its result says how many they are', async () => {
    const group = defineGroup({ name: 'all', payload: z.any() })
      .with('one', double, () => ({ of: 1 }))
      .each('many', double, () => [{ of: 2 }, { of: 3 }])
    const execution = known(executionOf([group, double]))
    const payloads = { one: { of: 1 }, many: [{ of: 2 }, { of: 3 }] }
    const prepared = await prepareFollowUp({ ...execution, result: payloads }, {})
    assert.deepEqual(prepared.result, { members: 3 })
    const { members = [] } = prepared.followUp.fanOut ?? {}
    assert.deepEqual(
      members.map(({ data }) => data),
      [{ of: 1 }, { of: 2 }, { of: 3 }],
    )
  })

  it('nothing for a job that stands alone', async () => {
    const execution = { ...known(executionOf([double])), result }
    assert.equal(await prepareFollowUp(execution, {}), execution)
  })

  it('a chain that has changed since fails it', async () => {
    const metadata = { chain: { name: 'gone', id: 'run-1', link: 0 } }
    const execution = known(executionOf([double], { metadata }))
    await assert.rejects(prepareFollowUp(execution, {}), error =>
      isEquipageError(error, 'E_CHAIN_CHANGED'),
    )
  })
})

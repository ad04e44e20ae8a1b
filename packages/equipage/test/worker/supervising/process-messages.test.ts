import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  isStop,
  readFromWorker,
  stopMessage,
} from '../../../src/worker/supervising/process-messages.ts'

describe('what a worker process says to its supervisor', () => {
  it('is read as it was said', () => {
    const listens = { kind: 'equipage:listens' }
    const done = { kind: 'equipage:done', attemptsEnded: 12, handedBack: 0 }
    assert.deepEqual(readFromWorker(listens), listens)
    assert.deepEqual(readFromWorker({ ...done, more: 1 }), done)
  })

  it('is left alone when it has another form, as what a job sends there', () => {
    const done = { kind: 'equipage:done', attemptsEnded: 12, handedBack: 0 }
    const odd = [
      ...[undefined, null, 'equipage:done', 7, [], {}, { kind: 'listens' }, { kind: 'done' }],
      ...[-1, 1.5, '12', null, Number.POSITIVE_INFINITY].map(attemptsEnded => ({
        ...done,
        attemptsEnded,
      })),
      { ...done, handedBack: undefined },
    ]
    for (const message of odd) assert.equal(readFromWorker(message), undefined)
  })
})

describe('what a supervisor says to a worker process', () => {
  it('is to stop, and nothing else', () => {
    assert.equal(isStop(structuredClone(stopMessage)), true)
    for (const message of [null, 'equipage:stop', {}, { kind: 'stop' }]) {
      assert.equal(isStop(message), false)
    }
  })
})

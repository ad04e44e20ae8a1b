import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  isStop,
  readFromWorker,
  stopMessage,
} from '../../../src/worker/supervising/process-messages.ts'

describe('a message of a worker process to its supervisor', () => {
  it('is read as it was sent', () => {
    const listening = { kind: 'equipage:listening' }
    const done = { kind: 'equipage:done', attemptsEnded: 12, handedBack: 0 }
    assert.deepEqual(readFromWorker(listening), listening)
    assert.deepEqual(readFromWorker({ ...done, more: 1 }), done)
  })

  it('is ignored when it has another form, as what a job sends', () => {
    const done = { kind: 'equipage:done', attemptsEnded: 12, handedBack: 0 }
    const odd = [
      ...[undefined, null, 'equipage:done', 7, [], {}, { kind: 'listening' }, { kind: 'done' }],
      ...[-1, 1.5, '12', null, Number.POSITIVE_INFINITY].map(attemptsEnded => ({
        ...done,
        attemptsEnded,
      })),
      { ...done, handedBack: undefined },
    ]
    for (const message of odd) assert.equal(readFromWorker(message), undefined)
  })
})

describe('a message of a supervisor to a worker process', () => {
  it('is to stop, and nothing else', () => {
    assert.equal(isStop(structuredClone(stopMessage)), true)
    for (const message of [null, 'equipage:stop', {}, { kind: 'stop' }]) {
      assert.equal(isStop(message), false)
    }
  })
})

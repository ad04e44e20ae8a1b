import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { EventHub } from '../../src/core/events.ts'

interface Happenings {
  'bell:rung': { times: number }
  'hub:heard': { text: string }
}

function hub() {
  const failures: unknown[] = []
  const events = new EventHub<Happenings>((name, error) => failures.push([name, error]))
  return { events, failures }
}

describe('events', () => {
  it('reach every listener of their name, in order, until it is taken back', () => {
    const { events } = hub()
    const heard: unknown[] = []
    const listener = ({ times }: { times: number }) => heard.push(times)
    const first = events.on('bell:rung', listener)
    events.on('bell:rung', listener)
    events.on('hub:heard', () => assert.fail('of another name'))
    events.emit('bell:rung', () => ({ times: 1 }))
    first()
    first()
    events.emit('bell:rung', () => ({ times: 2 }))
    assert.deepEqual(heard, [1, 1, 2])
  })

  it('are not even made when nobody listens', () => {
    const { events } = hub()
    events.on('hub:heard', () => undefined)()
    events.emit('hub:heard', () => assert.fail('it was made'))
  })

  it('are told of on, whatever a listener throws or rejects with', async () => {
    const { events, failures } = hub()
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
    const heard: unknown[] = []
    events.on('bell:rung', () => {
      throw thrown
    })
    events.on('bell:rung', async () => Promise.reject(rejected))
    events.on('bell:rung', event => heard.push(event))
    events.emit('bell:rung', () => ({ times: 1 }))
    await new Promise(setImmediate)
    assert.deepEqual(heard, [{ times: 1 }])
    assert.deepEqual(failures, [
      ['bell:rung', thrown],
      ['bell:rung', rejected],
    ])
  })

  it('go through node:diagnostics_channel too, under equipage: and their name', () => {
    const { events } = hub()
    const heard: unknown[] = []
    const listener = (message: unknown, name: string | symbol) => heard.push([name, message])
    events.emit('hub:heard', () => assert.fail('nobody has subscribed'))
    subscribe('equipage:hub:heard', listener)
    events.emit('hub:heard', () => ({ text: 'one' }))
    unsubscribe('equipage:hub:heard', listener)
    events.emit('hub:heard', () => assert.fail('nobody has subscribed any more'))
    assert.deepEqual(heard, [['equipage:hub:heard', { text: 'one' }]])
  })
})

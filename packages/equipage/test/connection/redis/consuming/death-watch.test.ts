import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  DeathWatch,
  type SeenConsumer,
} from '../../../../src/connection/redis/consuming/death-watch.ts'

const seen = (heartbeat: number, listeners: number | null): SeenConsumer[] => [
  { id: 'one', heartbeat, listeners },
]
const dead = (heartbeat: number) => [{ id: 'one', heartbeat }]

suite('who is dead among the consumers', () => {
  test('is a consumer without a listener at three looks in a row', () => {
    const watch = new DeathWatch(16)
    assert.deepEqual(watch.look(seen(1, 0)), [])
    assert.deepEqual(watch.look(seen(1, 0)), [])
    assert.deepEqual(watch.look(seen(1, 0)), dead(1))
  })

  test('is nobody who was heard of in between', () => {
    const watch = new DeathWatch(16)
    for (const listeners of [0, 0, 1, 0, 0]) assert.deepEqual(watch.look(seen(1, listeners)), [])
  })

  test('is not one that is stopped or blocked: its connections are there, for as long as a lock holds', () => {
    const watch = new DeathWatch(16)
    for (let look = 0; look < 16; look++) assert.deepEqual(watch.look(seen(5, 1)), [])
    assert.deepEqual(watch.look(seen(5, 1)), dead(5))
  })

  test('is decided by heartbeats alone where the server does not say who listens', () => {
    const watch = new DeathWatch(3)
    for (const heartbeat of [1, 2, 2, 2]) assert.deepEqual(watch.look(seen(heartbeat, null)), [])
    assert.deepEqual(watch.look(seen(2, null)), dead(2))
  })

  test('begins anew when the connection of those who look broke', () => {
    const watch = new DeathWatch(3)
    watch.look(seen(1, 0))
    watch.look(seen(1, 0))
    watch.reset()
    assert.deepEqual(watch.look(seen(1, 0)), [])
    assert.deepEqual(watch.look(seen(1, 0)), [])
    assert.deepEqual(watch.look(seen(1, 0)), dead(1))
  })
})

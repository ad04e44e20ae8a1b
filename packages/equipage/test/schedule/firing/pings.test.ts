import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Pings } from '../../../src/schedule/firing/pings.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { eventually } from '../../support/eventually.ts'
import { pingServer } from '../../support/ping-server.ts'
import { freePort } from '../../support/redis.ts'
import { StubClock } from '../../support/stub-clock.ts'

function world() {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const pings = new Pings({ log, clock })
  /** The pings that failed: level, origin, and why. */
  const failures = () =>
    lines.map(({ level, origin, status, reason }) => [level, origin, status ?? reason])
  return { clock, lines, pings, failures }
}

const hour = 3_600_000

suite('a ping', { concurrency: true }, () => {
  test('is one GET request, and leaves no line when it arrives', async t => {
    const { origin, came } = await pingServer(t)
    const { pings, lines, clock } = world()
    pings.send(`${origin}/secret?n=1`, {})
    assert.deepEqual(came, [])
    await pings.settle(hour)
    assert.deepEqual(came, ['GET /secret?n=1'])
    assert.deepEqual(lines, [])
    assert.equal(clock.timers, 0)
  })

  test('is not read to the end: what a server goes on sending is cut off', async t => {
    const { promise: cut, resolve } = Promise.withResolvers<void>()
    const { origin } = await pingServer(t, response => {
      response.once('close', resolve)
      response.writeHead(200).write('and so on')
    })
    const { pings, lines } = world()
    pings.send(origin, {})
    await pings.settle(hour)
    await cut
    assert.deepEqual(lines, [])
  })

  test('that is refused is tried once, and logged without its path', async t => {
    const { origin, came } = await pingServer(t, response => response.writeHead(500).end())
    const { pings, lines, failures } = world()
    pings.send(`${origin}/secret?key=hidden`, { schedule: 'nightly' })
    await pings.settle(hour)
    assert.deepEqual(failures(), [['warn', origin, 500]])
    assert.equal(lines[0]?.['schedule'], 'nightly')
    assert.doesNotMatch(JSON.stringify(lines), /secret|hidden/)
    assert.equal(came.length, 1)
  })

  test('to a place where nobody listens is logged in the same way', async () => {
    const { pings, lines, failures } = world()
    const origin = `http://127.0.0.1:${await freePort()}`
    pings.send(`${origin}/secret`, {})
    await pings.settle(hour)
    assert.deepEqual(failures(), [['warn', origin, 'ECONNREFUSED']])
    assert.doesNotMatch(JSON.stringify(lines), /secret/)
  })

  test('to a port that fetch does not go to is logged, and fails nobody', async () => {
    const { pings, failures } = world()
    pings.send('http://127.0.0.1:1/secret', {})
    await pings.settle(hour)
    assert.deepEqual(failures(), [['warn', 'http://127.0.0.1:1', 'the request failed']])
  })

  test('that is not answered is given up after five seconds', async t => {
    const { origin, came } = await pingServer(t, () => undefined)
    const { pings, clock, failures } = world()
    pings.send(`${origin}/secret`, {})
    await eventually(() => assert.equal(came.length, 1))
    clock.advance(4_999)
    assert.deepEqual(failures(), [])
    const settled = pings.settle(hour)
    clock.advance(1)
    await settled
    assert.deepEqual(failures(), [['warn', origin, 'no answer within 5000 ms']])
    assert.equal(clock.timers, 0)
  })
})

suite('waiting for pings', { concurrency: true }, () => {
  test('ends when its limit does, whatever is still on its way', async t => {
    const { origin, came } = await pingServer(t, () => undefined)
    const { pings, clock } = world()
    pings.send(origin, {})
    await eventually(() => assert.equal(came.length, 1))
    const settled = pings.settle(2_000)
    clock.advance(2_000)
    await settled
    clock.advance(3_000)
    await pings.settle(hour)
  })

  test('is no waiting when there are none', async () => {
    await world().pings.settle(hour)
  })
})

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { restartWait } from '../../../src/worker/supervising/restart-wait.ts'
import { type Child, Supervisor } from '../../../src/worker/supervising/supervisor.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** A process that a test ends. */
class FakeChild extends EventEmitter implements Child {
  readonly pid: number
  connected = true
  readonly killed: string[] = []
  readonly heard: object[] = []

  constructor(pid: number) {
    super()
    this.pid = pid
  }

  disconnect(): void {
    this.connected = false
  }

  send(message: object): void {
    this.heard.push(message)
  }

  say(...messages: unknown[]): void {
    for (const message of messages) this.emit('message', message)
  }

  kill(signal: string): void {
    this.killed.push(signal)
  }

  end(code: number | null, signal: string | null = null): void {
    this.connected = false
    this.emit('exit', code, signal)
  }
}

async function supervised(processes: number, oneLife = false, queues?: readonly string[]) {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const children: FakeChild[] = []
  const forked: (string | undefined)[] = []
  const fork = (queue: string | undefined) => {
    forked.push(queue)
    const child = new FakeChild(children.length + 1)
    children.push(child)
    return child
  }
  const supervisor = new Supervisor({ processes, oneLife, queues }, { fork, log, clock })
  await supervisor.start()
  const child = (number: number): FakeChild => {
    const found = children[number - 1]
    if (!found) throw new Error(`no child ${number}`)
    return found
  }
  return { supervisor, clock, lines, log, children, child, forked }
}

describe('a supervisor', () => {
  it('starts as many processes as its options say, once', async () => {
    const { supervisor, children } = await supervised(3)
    await supervisor.start()
    assert.equal(children.length, 3)
  })

  it('restarts a process that died, after a wait, and logs why', async () => {
    const { clock, children, child, lines } = await supervised(2)
    child(1).end(null, 'SIGKILL')
    const line = lines.at(-1)
    assert.match(line?.msg ?? '', /it is restarted/)
    assert.deepEqual([line?.['worker'], line?.['signal'], line?.['waitMs']], [1, 'SIGKILL', 500])
    clock.advance(499)
    assert.equal(children.length, 2)
    clock.advance(1)
    assert.equal(children.length, 3)
  })

  it('waits longer with every death in a row, and for each process by itself', async () => {
    const { clock, children, child } = await supervised(2)
    child(1).end(1)
    clock.advance(500)
    child(3).end(1)
    clock.advance(999)
    assert.equal(children.length, 3)
    clock.advance(1)
    assert.equal(children.length, 4)
    child(2).end(1)
    clock.advance(500)
    assert.equal(children.length, 5)
  })

  it('replaces at once a process that ended as it should after a sound life', async () => {
    const { clock, children, child } = await supervised(1)
    clock.advance(60_000)
    child(1).end(0)
    clock.advance(0)
    assert.equal(children.length, 2)
  })

  it('counts a process that could not be started as one that died', async () => {
    const { clock, children, child } = await supervised(1)
    child(1).emit('error', new Error('no more processes'))
    child(1).end(1)
    clock.advance(500)
    assert.equal(children.length, 2)
  })

  it('gives up with 78 when a process exits with 78', async () => {
    const { supervisor, clock, children, child } = await supervised(2)
    child(1).end(78)
    assert.equal(await supervisor.ended, 78)
    clock.advance(60_000)
    assert.equal(children.length, 2)
  })

  it('of processes with one life, ends when all have ended well, and replaces one that died', async () => {
    const { supervisor, clock, children, child } = await supervised(2, true)
    let ended: number | undefined
    void supervisor.ended.then(code => {
      ended = code
    })
    child(1).end(null, 'SIGKILL')
    child(2).end(0)
    await new Promise(setImmediate)
    assert.equal(ended, undefined)
    clock.advance(500)
    assert.equal(children.length, 3)
    child(3).end(0)
    assert.equal(await supervisor.ended, 0)
    assert.equal(children.length, 3)
  })
})

describe('a supervisor with queues', () => {
  it('gives each process one of them, in turn, and none where it has no queues', async () => {
    const { forked, supervisor } = await supervised(5, false, ['a', 'b', 'c'])
    assert.deepEqual(forked, ['a', 'b', 'c', 'a', 'b'])
    assert.deepEqual(Object.fromEntries(supervisor.processesPerQueue()), { a: 2, b: 2, c: 1 })
    assert.deepEqual((await supervised(1)).forked, [undefined])
  })

  it('moves one process by letting it end, and starts another of the other queue at once', async () => {
    const { supervisor, children, child, forked } = await supervised(3, false, ['a', 'b'])
    supervisor.move({ from: 'a', to: 'b' })
    assert.equal(child(1).connected, false)
    assert.equal(supervisor.moving, true)
    assert.equal(children.length, 3)
    child(1).end(1)
    assert.deepEqual(forked.slice(3), ['b'])
    assert.equal(supervisor.moving, false)
    assert.deepEqual(Object.fromEntries(supervisor.processesPerQueue()), { b: 2, a: 1 })
  })

  it('keeps the queue of a process that died', async () => {
    const { clock, child, forked } = await supervised(2, false, ['a', 'b'])
    child(2).end(1)
    clock.advance(500)
    assert.equal(forked[2], 'b')
  })
})

describe('a supervisor that is stopped', () => {
  it('disconnects from its processes, waits for them, and restarts none', async () => {
    const { supervisor, clock, children, child } = await supervised(2)
    const stopped = supervisor.stop(20_000)
    assert.deepEqual(
      children.map(({ connected, killed }) => [connected, killed.length]),
      [
        [false, 0],
        [false, 0],
      ],
    )
    child(1).end(0)
    child(2).end(0)
    assert.deepEqual(await stopped, { handedBack: 0 })
    clock.advance(60_000)
    assert.equal(children.length, 2)
  })

  it('reports that a process did not end well', async () => {
    const { supervisor, child } = await supervised(2)
    const stopped = supervisor.stop(20_000)
    child(1).end(1)
    child(2).end(0)
    assert.deepEqual(await stopped, { handedBack: 1 })
  })

  it('ignores deaths from before the stop, and cancels their restarts', async () => {
    const { supervisor, clock, children, child } = await supervised(2)
    child(1).end(1)
    const stopped = supervisor.stop(20_000)
    child(2).end(0)
    assert.deepEqual(await stopped, { handedBack: 0 })
    clock.advance(60_000)
    assert.equal(children.length, 2)
  })

  it('kills what has not ended ten seconds after the grace', async () => {
    const { supervisor, clock, child } = await supervised(1)
    const stopped = supervisor.stop(20_000)
    clock.advance(29_999)
    await new Promise(setImmediate)
    assert.deepEqual(child(1).killed, [])
    clock.advance(1)
    await new Promise(setImmediate)
    assert.deepEqual(child(1).killed, ['SIGKILL'])
    child(1).end(null, 'SIGKILL')
    assert.deepEqual(await stopped, { handedBack: 1 })
  })

  it('before its start, and twice, starts nobody', async () => {
    const { log } = capturedLog()
    const fork = () => assert.fail('it started a process')
    const dependencies = { fork, log, clock: new StubClock() }
    const supervisor = new Supervisor({ processes: 2, oneLife: false }, dependencies)
    assert.deepEqual(await supervisor.stop(0), { handedBack: 0 })
    await supervisor.start()
    assert.deepEqual(await supervisor.stop(0), { handedBack: 0 })
  })
})

describe('a supervisor whose processes listen', () => {
  const listening = { kind: 'equipage:listening' }
  const done = (attemptsEnded: number, handedBack = 0) => ({
    kind: 'equipage:done',
    attemptsEnded,
    handedBack,
  })

  it('asks them to stop, and disconnects from those that do not listen', async () => {
    const { supervisor, children, child } = await supervised(2)
    child(1).say(listening)
    const stopped = supervisor.stop(20_000)
    assert.deepEqual(
      children.map(({ connected, heard }) => [connected, heard]),
      [
        [true, [{ kind: 'equipage:stop' }]],
        [false, []],
      ],
    )
    child(1).end(0)
    child(2).end(0)
    assert.deepEqual(await stopped, { handedBack: 0 })
  })

  it('asks one that moves to stop, and does not assume that the next one listens', async () => {
    const { supervisor, child } = await supervised(2, false, ['a', 'b'])
    child(1).say(listening)
    supervisor.move({ from: 'a', to: 'b' })
    assert.deepEqual([child(1).connected, child(1).heard.length], [true, 1])
    supervisor.move({ from: 'a', to: 'b' })
    assert.equal(child(1).heard.length, 1)
    child(1).end(0)
    void supervisor.stop(0)
    assert.deepEqual([child(3).connected, child(3).heard], [false, []])
  })

  it('adds up their totals, those of processes that were replaced included', async () => {
    const { supervisor, clock, child } = await supervised(2)
    child(1).say(listening, 'hello', { kind: 'equipage:done' }, done(5, 3))
    child(1).end(1)
    clock.advance(500)
    child(2).say(listening)
    child(3).say(listening)
    const stopped = supervisor.stop(20_000)
    child(2).say(done(7, 2))
    child(2).end(1)
    child(3).say(done(1))
    child(3).end(0)
    assert.deepEqual(await stopped, { handedBack: 2 }, 'those of the stop alone')
    assert.deepEqual(supervisor.totals, { attemptsEnded: 13 })
  })

  it('counts those that died without a report, but not those that never began', async () => {
    const { supervisor, clock, child } = await supervised(2)
    child(1).say(listening)
    child(1).end(null, 'SIGKILL')
    child(2).end(1)
    clock.advance(500)
    const stopped = supervisor.stop(0)
    child(3).end(0)
    child(4).end(0)
    await stopped
    assert.deepEqual(supervisor.totals, { attemptsEnded: 0, processesUnreported: 1 })
  })

  it('reads a report that arrives after the exit', async () => {
    const { supervisor, child } = await supervised(1)
    child(1).say(listening)
    const stopped = supervisor.stop(0)
    child(1).emit('exit', 0, null)
    child(1).say(done(4))
    child(1).connected = false
    child(1).emit('disconnect')
    await stopped
    assert.deepEqual(supervisor.totals, { attemptsEnded: 4 })
  })
})

describe('the wait before a restart', () => {
  it('doubles up to half a minute', () => {
    const waits: number[] = []
    let deaths = 0
    for (let life = 0; life < 9; life++) {
      const next = restartWait({ code: 1, livedMs: 100 }, deaths)
      waits.push(next.waitMs)
      deaths = next.deaths
    }
    assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
  })

  it('begins anew after a sound life, and is there also for a short one that ended with 0', () => {
    assert.deepEqual(restartWait({ code: 1, livedMs: 60_000 }, 7), { waitMs: 500, deaths: 1 })
    assert.deepEqual(restartWait({ code: 0, livedMs: 60_000 }, 7), { waitMs: 0, deaths: 0 })
    assert.deepEqual(restartWait({ code: 0, livedMs: 10 }, 2), { waitMs: 2_000, deaths: 3 })
  })
})

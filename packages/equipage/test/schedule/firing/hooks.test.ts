import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { ScheduleHooks } from '../../../src/schedule/firing/hooks.ts'
import type { TickContext } from '../../../src/schedule/writing/action.ts'
import { defaultPolicy } from '../../../src/schedule/writing/policy.ts'
import type { Registered } from '../../../src/schedule/writing/registered.ts'
import type { ScheduleBuilder } from '../../../src/schedule/writing/schedule-builder.ts'
import { capturedLog, type Line } from '../../support/captured-log.ts'
import { eventually } from '../../support/eventually.ts'
import { pingServer } from '../../support/ping-server.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { inMadrid } from '../support/timetables.ts'

const failure = { ok: false, error: new Error('no luck') } as const
const success = { ok: true } as const

const tick: TickContext = {
  app: 'the application',
  schedule: 'nightly',
  scheduledFor: new Date('2026-11-21T03:00:00Z'),
  previous: null,
  lagMs: 0,
  misfire: false,
  date: '2026-11-21',
  signal: new AbortController().signal,
}

/** A schedule with the hooks that a test writes, and what calls them. */
function world(write: (chain: ScheduleBuilder) => unknown) {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const chain = inMadrid().timetable.every().day
  write(chain)
  const { schedule } = chain.name('nightly').do(() => undefined)
  return { clock, lines, schedule, hooks: new ScheduleHooks({ log, clock }) }
}

suite('the hooks of a schedule', { concurrency: true }, () => {
  test('are called in the order in which they were written, each after the one before', async () => {
    const order: string[] = []
    const slow = (name: string) => async () => {
      order.push(`${name} begins`)
      await new Promise(setImmediate)
      order.push(`${name} ends`)
    }
    const { hooks, schedule } = world(chain => chain.before(slow('a')).before(slow('b')))
    await hooks.begin(schedule, tick)
    assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends'])
  })

  test('at the end of a run are those of after, then those of how it ended', async () => {
    const order: string[] = []
    const note = (name: string) => () => void order.push(name)
    const { hooks, schedule } = world(chain =>
      chain
        .onFailure(note('failure'))
        .onSuccess(note('success'))
        .after(note('after'))
        .before(note('before'))
        .onSkip(note('skip'))
        .onSuccess(note('success too')),
    )
    await hooks.end(schedule, tick, success)
    assert.deepEqual(order.splice(0), ['after', 'success', 'success too'])
    await hooks.end(schedule, tick, failure)
    assert.deepEqual(order, ['after', 'failure'])
  })

  test('are told the tick, and how the run ended', async () => {
    const told: unknown[] = []
    const { hooks, schedule } = world(chain => {
      const note = (...args: unknown[]) => void told.push(args)
      chain.before(note).after(note).onFailure(note).onSkip(note)
    })
    await hooks.begin(schedule, tick)
    await hooks.end(schedule, tick, failure)
    await hooks.skip(schedule, tick, 'paused')
    assert.deepEqual(told, [[tick], [tick, failure], [tick, failure], [tick, 'paused']])
  })

  test('of a skip are called for skips alone', async () => {
    const reasons: string[] = []
    const { hooks, schedule } = world(chain => chain.onSkip((_, reason) => reasons.push(reason)))
    for (const reason of ['overlap', 'condition', 'environment', 'paused'] as const)
      await hooks.skip(schedule, tick, reason)
    for (const reason of ['error', 'interrupted', 'queued'] as const)
      await hooks.skip(schedule, tick, reason)
    assert.deepEqual(reasons, ['overlap', 'condition', 'environment', 'paused'])
  })

  test('that throw are logged with schedule and tick, and those behind them are called', async () => {
    let after = 0
    const { hooks, schedule, lines } = world(chain =>
      chain
        .before(() => {
          throw new Error('at once')
        })
        .before(() => Promise.reject('later'))
        .before(() => after++),
    )
    await hooks.begin(schedule, tick)
    assert.equal(after, 1)
    const shared = { schedule: 'nightly', tick: '2026-11-21T03:00:00.000Z', hook: 'before' }
    for (const [line, message] of [
      [lines[0], /^at once$/],
      [lines[1], /'later' was thrown/],
    ] as const) {
      const { level, msg, err, schedule: name, tick: at, hook } = line as Line
      assert.deepEqual([level, msg], ['error', 'a hook of the schedule failed'])
      assert.deepEqual({ schedule: name, tick: at, hook }, shared)
      assert.match((err as Error).message, message)
    }
    assert.equal(lines.length, 2)
  })

  test('that do not end are left to themselves after half a minute, and that is logged', async () => {
    let after = 0
    const { hooks, schedule, clock, lines } = world(chain =>
      chain.before(() => new Promise(() => undefined)).before(() => after++),
    )
    const begun = hooks.begin(schedule, tick)
    clock.advance(29_999)
    await new Promise(setImmediate)
    assert.equal(after, 0)
    clock.advance(1)
    await begun
    assert.equal(after, 1)
    assert.match(lines.map(({ msg }) => msg).join(), /^a hook of the schedule does not end/)
    assert.equal(clock.timers, 0)
  })

  test('that are not there take no turn of the event loop', async () => {
    const { hooks, schedule, clock } = world(() => undefined)
    assert.equal(schedule.policy, defaultPolicy)
    let turned = false
    setImmediate(() => {
      turned = true
    })
    await hooks.begin(schedule, tick)
    await hooks.end(schedule, tick, success)
    await hooks.skip(schedule, tick, 'overlap')
    await hooks.settle(1)
    assert.equal(turned, false)
    assert.equal(clock.timers, 0)
  })
})

suite('the pings of a schedule', { concurrency: true }, () => {
  const pinging = async (test: TestContext) => {
    const { origin, came } = await pingServer(test)
    const all = world(chain =>
      chain
        .pingBefore(`${origin}/start`)
        .thenPing(new URL(`${origin}/done`))
        .pingOnFailure(`${origin}/fail`)
        .thenPing(`${origin}/done-too`),
    )
    const settled = async () => {
      await all.hooks.settle(60_000)
      return came.splice(0).sort()
    }
    return { ...all, settled }
  }

  test('tell that a run begins, and that it succeeded or failed', async t => {
    const { hooks, schedule, settled } = await pinging(t)
    await hooks.begin(schedule, tick)
    assert.deepEqual(await settled(), ['GET /start'])
    await hooks.end(schedule, tick, success)
    assert.deepEqual(await settled(), ['GET /done', 'GET /done-too'])
    await hooks.end(schedule, tick, failure)
    assert.deepEqual(await settled(), ['GET /fail'])
    await hooks.skip(schedule, tick, 'overlap')
    assert.deepEqual(await settled(), [])
  })

  test('wait for no hook, and no run waits for them', async t => {
    const { origin, came } = await pingServer(t, () => undefined)
    const { hooks, schedule, clock } = world(chain =>
      chain
        .after(() => new Promise(() => undefined))
        .thenPing(origin)
        .pingBefore(origin),
    )
    await hooks.begin(schedule, tick)
    await eventually(() => assert.equal(came.length, 1))
    const ended = hooks.end(schedule, tick, success)
    await eventually(() => assert.equal(came.length, 2))
    clock.advance(30_000)
    await ended
  })

  test('that fail are logged with schedule and tick', async t => {
    const { origin } = await pingServer(t, response => response.writeHead(404).end())
    const { hooks, schedule, lines } = world(chain => chain.pingBefore(`${origin}/secret`))
    await hooks.begin(schedule, tick)
    await hooks.settle(60_000)
    const [line] = lines as [Line]
    const { level, schedule: name, tick: at, hook, origin: where, status } = line
    assert.deepEqual(
      [level, name, at, hook, where, status],
      ['warn', 'nightly', '2026-11-21T03:00:00.000Z', 'pingBefore', origin, 404],
    )
  })
})

suite('the words for hooks and pings', { concurrency: true }, () => {
  test('may stand before the action and after it', () => {
    const url = 'https://ping.example/a'
    const { timetable } = inMadrid()
    const nothing = () => undefined
    const registered = timetable.daily().before(nothing).thenPing(url).do(nothing).after(nothing)
    assert.deepEqual(registered.schedule.hooks, [
      { kind: 'before', call: nothing },
      { kind: 'thenPing', url },
      { kind: 'after', call: nothing },
    ])
    assert.deepEqual(defaultPolicy.hooks, [])
  })

  const words = ['before', 'after', 'onSuccess', 'onFailure', 'onSkip'] as const
  for (const word of words)
    test(`${word} refuses what is no function, with the place`, () => {
      const refused = { code: 'E_BAD_TIMING', message: /takes a function, and was given 'x'; / }
      const registered = inMadrid()
        .timetable.daily()
        .name('mine')
        .do(() => undefined)
      assert.throws(() => registered[word]('x' as never), refused)
      assert.throws(() => registered[word]('x' as never), {
        message: new RegExp(`^schedule "mine"\\.${word}\\(`),
      })
    })

  const pings = ['pingBefore', 'thenPing', 'pingOnFailure'] as const
  for (const word of pings)
    for (const wrong of ['', 'ping.example/secret', 'ftp://ping.example/secret', undefined, 7])
      test(`${word} refuses ${wrong}, with the place and without the address`, () => {
        const write = (chain: Registered) => chain[word](wrong as string)
        assert.throws(
          () =>
            write(
              inMadrid()
                .timetable.daily()
                .name('mine')
                .do(() => undefined),
            ),
          {
            code: 'E_BAD_TIMING',
            message: /^schedule "mine"\.\w+\(\.\.\.\) takes an address to ping; write it in full/,
          },
        )
      })

  test('refuse an address with a password', () => {
    assert.throws(() => inMadrid().timetable.daily().thenPing('https://me:pass@ping.example/'), {
      code: 'E_BAD_TIMING',
      message: /has a user or a password in its address(?!.*pass@)/,
    })
  })
})

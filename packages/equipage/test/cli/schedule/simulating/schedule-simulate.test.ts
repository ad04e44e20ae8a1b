import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { row } from '../../support/ledger-rows.ts'
import { jsonOf, runCommand } from '../../support/run-command.ts'
import { scheduled } from '../../support/scheduled.ts'
import { shop } from '../../support/shop.ts'

const at = (time: string) => Date.parse(`2020-01-15T${time}:00Z`)
const simulate = (folder: string, ...args: string[]) =>
  runCommand(folder, 'schedule', 'simulate', ...args)

const night = ['--from', '2020-01-15 02:50', '--to', '2020-01-15 03:10']

describe('equipage schedule simulate', { concurrency: true }, () => {
  it('tells the fate of every tick of a span, and runs nothing', async t => {
    const { text, notes } = await simulate(shop(t), ...night)
    assert.deepEqual(text.split('\n'), [
      'tick in UTC                schedule  fate',
      '-------------------------  --------  -------------',
      '2020-01-15 03:00:00+00:00  report    fired on time',
      '2020-01-15 03:00:00+00:00  nightly   fired on time',
      '2020-01-15 03:10:00+00:00  report    fired on time',
    ])
    assert.match(notes, /^not registered then: "report", "nightly"; taken as registered/)
  })

  it('gives the same as JSON, with the offset of another zone', async t => {
    const args = ['schedule', 'simulate', '--zone', 'Europe/Madrid']
    const night = ['--from', '2020-01-15 03:55', '--to', '2020-01-15 04:00']
    const ticks = await jsonOf(shop(t), ...args, ...night)
    assert.deepEqual(ticks, [
      {
        schedule: 'nightly',
        tick: '2020-01-15T03:00:00.000Z',
        local: '2020-01-15T04:00:00+01:00',
        fate: 'fired',
        reason: null,
        misfire: false,
        lagMs: 0,
        durationMs: 0,
      },
    ])
  })

  it('leaves the scheduler out for the times that it is told, each tick on its own', async t => {
    const down = ['--down', '2020-01-15 02:55..2020-01-15 03:05', '--down', '2020-01-15 03:05..']
    const ticks = await jsonOf(
      shop(t),
      ...['schedule', 'simulate', '--from', '2020-01-15 02:30', '--to', '2020-01-15 03:30'],
      ...down,
    )
    const told = ticks.map(({ tick, schedule, fate }: Record<string, string>) =>
      [tick?.slice(11, 16), schedule, fate].join(' '),
    )
    assert.deepEqual(told, [
      '02:40 report fired',
      '02:50 report fired',
      '03:00 report pending',
      '03:00 nightly pending',
      '03:10 report pending',
      '03:20 report pending',
      '03:30 report pending',
    ])
    const again = [...down.slice(0, 1), '2020-01-15 02:35..2020-01-15 03:05']
    const longer = ['--from', '2020-01-15 02:30', '--to', '2020-01-15 03:10']
    const { text } = await simulate(shop(t), ...longer, ...again)
    assert.match(text, /02:50:00\+00:00 +report +missed/)
    assert.match(text, /03:00:00\+00:00 +nightly +fired 5m late, as a misfire/)
  })

  it('takes where schedules stand, pauses and times without a scheduler from the record', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z', async ({ clock, decide, memory }) => {
      await decide('report', row(at('09:13')))
      clock.set('2020-01-15T09:16:00Z')
      await memory.heartbeat({ deployment: 'x', process: 'host:1', calls: [], leaving: true })
    })
    await scheduled(folder, '2020-01-15T09:40:00Z', async ({ clock, memory }) => {
      clock.set('2020-01-15T09:50:00Z')
      await memory.setPaused('report', true)
      clock.set('2020-01-15T09:55:00Z')
      await memory.setPaused('report', false)
    })
    const span = ['--from', '2020-01-15 09:00', '--to', '2020-01-15 10:05']
    const { text, notes } = await simulate(folder, ...span)
    assert.deepEqual(
      text
        .split('\n')
        .slice(2)
        .map(line => line.replace('2020-01-15 ', '').replace(/ +report +/, ' ')),
      [
        '09:13:00+00:00 fired on time',
        '09:23:00+00:00 missed',
        '09:33:00+00:00 fired 7m late, as a misfire',
        '09:43:00+00:00 fired on time',
        '09:53:00+00:00 skipped: it was paused',
        '10:03:00+00:00 fired on time',
      ],
    )
    assert.equal(notes, 'times without a scheduler, as they are on record: 1; --down replaces them')
    const other = await simulate(folder, ...span, '--down', '2020-01-15 10:00..2020-01-15 10:01')
    assert.doesNotMatch(other.text, /missed|late/)
    assert.equal(other.notes, '')
  })

  it('works without its connection, and says so', async t => {
    const env = 'LOG_CHANNEL=null\nSCHEDULER_TIMEZONE=UTC\nQUEUE_CONNECTION=redis\nREDIS_PORT=1\n'
    const { text, notes } = await simulate(shop(t, { '.env': env }), ...night)
    assert.match(text, /nightly +fired on time/)
    assert.match(notes, /^E_CONNECTION_AWAY: .*what is on record is not known/)
  })

  it('draws a time line', async t => {
    const { text } = await simulate(shop(t), ...night, '--svg')
    assert.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    assert.match(text, /nightly: every day at 03:00, in UTC/)
    assert.match(text, /<\/svg>$/)
  })

  it('says that a span holds no tick', async t => {
    const args = ['--from', '2020-01-15 02:55', '--to', '2020-01-15 02:56']
    const { text } = await simulate(shop(t), ...args)
    assert.equal(text, 'no tick from 2020-01-15 02:55:00+00:00 to 2020-01-15 02:56:00+00:00')
  })

  it('refuses instants, spans and zones that are none, and more ticks than anybody reads', async t => {
    const folder = shop(t)
    const refused: [RegExp, ...string[]][] = [
      [/^--from: expected an instant .* got 'monday'$/, '--from', 'monday'],
      [/^--to: expected an instant that is not before/, '--from', '1h', '--to', '2h'],
      [/^--zone: expected the IANA name .* got 'Madrid'$/, '--zone', 'Madrid'],
      [/^--down: expected a span FROM\.\.TO .* got '2020-01-15'$/, '--down', '2020-01-15'],
      [/^--down: expected an instant .* got 'noon'$/, '--down', 'noon..2020-01-15'],
      [/^--down: expected a span that ends after/, '--down', '1h..2h'],
      [/^--to: expected a span of 100000 ticks/, '--from', '2020-01-01', '--to', '2030-01-01'],
    ]
    for (const [message, ...args] of refused) {
      await assert.rejects(simulate(folder, ...args), { code: 'E_BAD_ARGUMENT', message })
    }
  })
})

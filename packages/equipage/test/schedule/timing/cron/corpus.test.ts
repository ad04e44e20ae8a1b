import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { zoneNamed } from '../../../../src/schedule/timing/calendar/zone.ts'
import { cronTiming, parseCron } from '../../../../src/schedule/timing/cron/parse.ts'
import { croner, cronParser, ourTicks } from '../../support/cron-peers.ts'
import { crontabLines } from '../../support/crontab-lines.ts'
import { plainCron } from '../../support/plain-cron.ts'
import { epoch, firstDifference, ticksBetween, WallClock } from '../../support/wall-clock.ts'

const accepted = crontabLines(new URL('crontabs.tsv', import.meta.url))
const refused = crontabLines(new URL('crontabs-refused.tsv', import.meta.url))

// Fourteen months with both changes of clocks, every month's end and a leap day.
const from = epoch('2027-01-01T00:00Z')
const to = epoch('2028-03-05T00:00Z')
const walls = new Map<string, WallClock>()
function wallIn(zone: string): WallClock {
  const wall = walls.get(zone) ?? new WallClock(zone, from, to)
  walls.set(zone, wall)
  return wall
}

describe('an expression of a real crontab', () => {
  for (const { expression, source, told } of accepted) {
    const [own = '', fields = expression] = /^CRON_TZ=(\S+) (.*)$/.exec(expression)?.slice(1) ?? []

    it(`has the ticks of brute force and of its peers, and is told: ${expression} (${source})`, () => {
      const { pattern, zone } = parseCron(expression)
      assert.equal(pattern.words, told)

      const cron = plainCron(fields)
      for (const name of own ? [own] : ['UTC', 'Europe/Madrid']) {
        const timing = cronTiming(pattern, zone ?? zoneNamed(name, 'test'))
        const wall = wallIn(name)
        const expected = cron.wildcard ? wall.elapsed(cron.matches) : wall.fixed(cron.matches)
        assert.ok(expected.length > 0)
        assert.equal(firstDifference(ticksBetween(timing, from, to), expected), undefined, name)
      }

      // Phoenix changes no clocks, so that rules for that cannot differ.
      const question = { text: fields, zone: 'America/Phoenix', after: from, count: 20 }
      for (const peer of [croner, cronParser])
        if (peer.agreesOn(fields))
          assert.deepEqual(ourTicks(question), peer.ticks(question), peer.name)
    })
  }

  it('stands in the corpus once, and the peers agree on all but "@midnight"', () => {
    const expressions = accepted.map(line => line.expression)
    assert.equal(new Set(expressions).size, expressions.length)
    const fields = expressions.map(expression => expression.replace(/^CRON_TZ=\S+ /, ''))
    const strange = [croner, cronParser].map(peer => fields.filter(text => !peer.agreesOn(text)))
    assert.deepEqual(strange, [[], ['@midnight']])
  })
})

describe('an expression of a real crontab that asks for what there is not', () => {
  for (const { expression, source, told } of refused)
    it(`is refused, and says what to do: ${expression} (${source})`, () =>
      assert.throws(
        () => parseCron(expression),
        (error: Error & { code?: string }) =>
          error.code === 'E_BAD_CRON' && error.message.includes(told),
      ))
})

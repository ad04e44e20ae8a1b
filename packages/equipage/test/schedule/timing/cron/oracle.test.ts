import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isEquipageError } from '../../../../src/core/errors.ts'
import { zoneNamed } from '../../../../src/schedule/timing/calendar/zone.ts'
import { cronTiming, parseCron } from '../../../../src/schedule/timing/cron/parse.ts'
import { randomCron, randomCronText } from '../../support/cron-oracle.ts'
import { type Answer, croner, cronParser, ourTicks } from '../../support/cron-peers.ts'
import { epoch, firstDifference, ticksBetween, WallClock } from '../../support/wall-clock.ts'

const from = epoch('2026-02-01T00:00Z')
const to = epoch('2028-03-01T00:00Z')

describe('a random cron expression', () => {
  for (const zone of [
    'UTC',
    'Asia/Kolkata',
    'Europe/Madrid',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Africa/Cairo',
    'Pacific/Chatham',
  ]) {
    it(`has the ticks of brute force over every minute of two years in ${zone}`, () => {
      const wall = new WallClock(zone, from, to)
      const property = fc.property(randomCron, cron => {
        const expected = cron.wildcard ? wall.elapsed(cron.matches) : wall.fixed(cron.matches)
        let found: number[] = []
        try {
          found = ticksBetween(
            cronTiming(parseCron(cron.text).pattern, zoneNamed(zone, '')),
            from,
            to,
          )
        } catch (error) {
          if (!isEquipageError(error, 'E_BAD_CRON') || !/can never fire/.test(error.message))
            throw error
        }
        assert.equal(firstDifference(found, expected), undefined, cron.text)
      })
      fc.assert(property, { numRuns: 50 })
    })
  }

  for (const peer of [croner, cronParser]) {
    const common = randomCronText.filter(text => peer.agreesOn(text))
    const after = fc.integer({ min: epoch('2020-01-01T00:00Z'), max: epoch('2060-01-01T00:00Z') })

    it(`has the ticks of ${peer.name}, where no clock is changed and no rule differs`, () => {
      // None of these zones changes its clocks in these years.
      const zone = fc.constantFrom('UTC', 'Asia/Tokyo', 'Asia/Kathmandu', 'America/Phoenix')
      const property = fc.property(common, zone, after, (text, zone, after) => {
        const question = { text, zone, after, count: 20 }
        assert.deepEqual(ourTicks(question), peer.ticks(question), text)
      })
      fc.assert(property, { numRuns: 300 })
    })

    it(`has the ticks of ${peer.name} from one change of clocks to the next`, () => {
      // At the change itself they differ: cron-parser moves a skipped 02:15 to 03:15 and croner
      // can leave it out, where it is due at 03:00 here.
      const [spring, autumn] = [epoch('2026-03-08T10:00Z'), epoch('2026-11-01T05:00Z')]
      const within = fc.integer({ min: spring, max: autumn })
      const property = fc.property(common, within, (text, after) => {
        const question = { text, zone: 'America/New_York', after, count: 20 }
        const before = (answer: Answer) =>
          answer === 'never' ? answer : answer.filter(tick => tick < autumn)
        assert.deepEqual(before(ourTicks(question)), before(peer.ticks(question)), text)
      })
      fc.assert(property, { numRuns: 150 })
    })
  }
})

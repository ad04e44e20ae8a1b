import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Cron } from 'croner'
import fc from 'fast-check'
import { isEquipageError } from '../../../../src/core/errors.ts'
import { cronTiming, parseCron } from '../../../../src/schedule/timing/cron/parse.ts'
import { zoneNamed } from '../../../../src/schedule/timing/zone.ts'
import { randomCron } from '../../support/cron-oracle.ts'
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

  it('has the ticks of croner, where no clock is changed and no rule differs', () => {
    // croner takes a star with a step in a day field for no star, and knows no "L-3".
    const common = randomCron.filter(({ text }) => {
      const [, , day = '', , weekday = ''] = text.split(' ')
      return ![day, weekday].some(part => /^\*\/|L-|W|#/.test(part))
    })
    const property = fc.property(common, ({ text }) => {
      let timing: ReturnType<typeof cronTiming>
      try {
        timing = cronTiming(parseCron(text).pattern, zoneNamed('Asia/Tokyo', ''))
      } catch {
        return
      }
      const croner = new Cron(text, { timezone: 'Asia/Tokyo', paused: true })
      const theirs = croner.nextRuns(20, new Date(from)).map(date => date.getTime())
      let tick: number | null = from
      const ours = theirs.map(() => {
        tick = timing.next(tick ?? 0, 0)
        return tick
      })
      assert.deepEqual(ours, theirs, text)
    })
    fc.assert(property, { numRuns: 60 })
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { DailyFile } from '../../src/log/daily-file.ts'
import { StubClock } from '../support/stub-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

// Local noon, whatever the zone that the tests run in.
const noon = '2026-11-21T12:00:00'
const dayMs = 86_400_000

function open(t: TestContext, keep = 7) {
  const folder = join(temporaryFolder(t), 'logs')
  const clock = new StubClock(noon)
  const daily = new DailyFile(join(folder, 'app.log'), keep, clock)
  t.after(() => daily.end())
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { folder, clock, daily, read, files: () => readdirSync(folder).sort() }
}

describe('a daily file', () => {
  it("is named by the machine's own date, and turned with the first line of a day", t => {
    const { clock, daily, read, files } = open(t)
    daily.write('one\n')
    clock.advance(dayMs / 2 - 1)
    daily.write('last\n')
    assert.deepEqual(files(), ['app.2026-11-21.log'])
    clock.advance(1)
    assert.deepEqual(files(), ['app.2026-11-21.log'])
    daily.write('first\n')
    assert.deepEqual(files(), ['app.2026-11-21.log', 'app.2026-11-22.log'])
    assert.equal(read('app.2026-11-21.log'), 'one\nlast\n')
    assert.equal(read('app.2026-11-22.log'), 'first\n')
  })

  it('is kept for seven days of lines, and no longer', t => {
    const { clock, daily, files } = open(t)
    for (let day = 0; day < 10; day++) {
      daily.write(`${day}\n`)
      clock.advance(dayMs)
    }
    assert.deepEqual(
      files(),
      [24, 25, 26, 27, 28, 29, 30].map(day => `app.2026-11-${day}.log`),
    )
  })

  it('counts files and not days: a week of silence removes nothing', t => {
    const { clock, daily, files } = open(t)
    daily.write('before\n')
    clock.advance(30 * dayMs)
    daily.write('after\n')
    assert.deepEqual(files(), ['app.2026-11-21.log', 'app.2026-12-21.log'])
  })

  it('removes nothing but its own dated files', t => {
    const { folder, daily, files } = open(t, 1)
    const others = [
      ...['app.log', 'app.notes.log', 'app.2026-01-01.log.gz', 'other.2026-01-01.log'],
      ...['app.2026-1-1.log', 'xapp.2026-01-01.log'],
    ]
    mkdirSync(folder)
    for (const name of [...others, 'app.2026-01-01.log']) writeFileSync(join(folder, name), '')
    daily.write('one\n')
    assert.deepEqual(files(), [...others, 'app.2026-11-21.log'].sort())
  })

  it('goes on where another process, or an earlier one, has written', t => {
    const { folder, clock, daily, read } = open(t)
    const other = new DailyFile(join(folder, 'app.log'), 7, clock)
    daily.write('one\n')
    other.write('two\n')
    daily.write('three\n')
    other.end()
    assert.equal(read('app.2026-11-21.log'), 'one\ntwo\nthree\n')
  })

  it('goes back to the older file when the clock is set back', t => {
    const { clock, daily, read } = open(t)
    daily.write('one\n')
    clock.advance(dayMs)
    daily.write('two\n')
    clock.set(noon)
    daily.write('three\n')
    assert.equal(read('app.2026-11-21.log'), 'one\nthree\n')
  })
})

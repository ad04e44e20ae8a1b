import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { axis } from '../../app/flights/axis.ts'
import { delaysCsv, delaysSvg, writeDelaysReport } from '../../app/flights/report.ts'
import { svgText } from '../../app/flights/svg-text.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

function delays(state: string, flights: number, totalDelayMinutes: number) {
  const meanDelayMinutes = totalDelayMinutes / flights
  return { state, flights, delayed: 1, totalDelayMinutes, meanDelayMinutes }
}

const rows = [delays('AK', 3, 20), delays('CA', 1200, -1800), delays('State unknown', 2, 0)]

test('the CSV has a line a row in their order, with the mean to two decimals', () => {
  assert.equal(
    delaysCsv(rows),
    [
      'state,flights,delayed,total_delay_minutes,mean_delay_minutes',
      'AK,3,1,20,6.67',
      'CA,1200,1,-1800,-1.50',
      'State unknown,2,1,0,0.00',
      '',
    ].join('\n'),
  )
})

test('a mean that rounds to nothing has no sign', () => {
  assert.match(delaysCsv([delays('AK', 1000, -1)]), /,-1,0\.00\n$/)
})

test('the CSV quotes what holds commas, quotes or line breaks', () => {
  const csv = delaysCsv([delays('A,"B"\nC', 1, 1)])
  assert.equal(csv.slice(csv.indexOf('\n') + 1), '"A,""B""\nC",1,1,1,1.00\n')
})

test('the chart names its states, its axes with their units, and its totals', () => {
  const svg = delaysSvg(rows)
  for (const words of [
    'Mean flight delay by state',
    'Alaska',
    'California',
    'State unknown',
    'State of the origin airport',
    'Mean delay (minutes; below 0 is early)',
    'Flights (number)',
    '1,205 flights, 3 of them delayed',
    '\u22121.5',
  ]) {
    assert(svg.includes(words), words)
  }
})

test('the chart puts the longest delay first, and equal ones by name', () => {
  const svg = delaysSvg([delays('TX', 1, 5), delays('AK', 1, 5), delays('CA', 1, 9)])
  const places = ['California', 'Alaska', 'Texas'].map(name => svg.indexOf(`>${name}</text>`))
  assert(places.every(place => place > 0))
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  )
})

test('the chart escapes every text and cuts a long one', () => {
  const svg = delaysSvg([delays(`</text><script>"x" & 'y'</script>`, 1, 1)])
  assert(!svg.includes('<script'))
  assert(svg.includes('&lt;/text&gt;&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;'))
  assert.match(svg, />&lt;\/text&gt;&lt;script&gt;&quot;x&quot; &amp; &#39;y…<\/text>/)
})

test('what XML cannot write becomes a replacement character', () => {
  assert.equal(svgText('a\u0000b\uD800c\td\uFFFE'), 'a\uFFFDb\uFFFDc\td\uFFFD')
})

test('the chart loads nothing and runs nothing', () => {
  const svg = delaysSvg(rows).replace('xmlns="http://www.w3.org/2000/svg"', '')
  assert.doesNotMatch(svg, /https?:|href|url\(|@import|<script|<style|<foreignObject|\son\w+=/)
})

test('a chart of no flights, and one of means that are all 0, are whole', () => {
  assert.match(delaysSvg([]), /No flights have been ingested yet\.[\s\S]*<\/svg>\n$/)
  const flat = delaysSvg([delays('AK', 1, 0)])
  assert.doesNotMatch(flat, /NaN|Infinity/)
})

test('an axis holds 0 and all values between round ticks', () => {
  const { ticks, at } = axis([12.6, -6], 0, 250)
  assert.deepEqual(ticks, [-10, -5, 0, 5, 10, 15])
  assert.deepEqual([at(-10), at(0), at(15)], [0, 100, 250])
  assert.deepEqual(axis([0.3, 0.7], 0, 1).ticks.at(-1)?.toFixed(6), '0.700000')
  assert.deepEqual(axis([], 0, 1).ticks[0], 0)
  assert.deepEqual(axis([-3], 0, 1).ticks.at(-1), 0)
})

test('the same rows written twice give the same bytes, and nothing else is left in the folder', async t => {
  const folder = join(await temporaryFolder(t), 'storage/reports')
  const report = await writeDelaysReport(rows, folder)
  const first = await Promise.all([readFile(report.csv), readFile(report.svg)])
  assert.deepEqual(await writeDelaysReport(rows, folder), report)
  const second = await Promise.all([readFile(report.csv), readFile(report.svg)])
  assert.deepEqual(second, first)
  assert.deepEqual((await readdir(folder)).sort(), ['delays-by-state.csv', 'delays-by-state.svg'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  escaped,
  type TimeLine,
  timeLineSvg,
} from '../../../../src/cli/schedule/simulating/time-line-svg.ts'
import type { SimulatedTick } from '../../../../src/simulation/simulation.ts'

const hour = 3_600_000
const from = Date.parse('2026-06-01T00:00Z')

function tick(schedule: string, at: number, differs: Partial<SimulatedTick> = {}): SimulatedTick {
  const none = { count: 1, reason: null, misfire: false, lagMs: 0, durationMs: null }
  return { schedule, tick: at, first: at, fate: 'fired', ...none, ...differs }
}

function line(differs: Partial<TimeLine> = {}): TimeLine {
  const rows = [{ name: 'poll', words: 'every hour', zone: 'UTC' }]
  return { from, to: from + 24 * hour, zone: 'UTC', rows, ticks: [], downs: [], ...differs }
}

/** The texts of an SVG's titles, in their order; reading it checks that it is well-formed enough for its tags to match. */
function titlesOf(svg: string): string[] {
  const open: string[] = []
  for (const [, closing, name = '', selfClosing] of svg.matchAll(
    /<(\/?)([a-zA-Z]+)(?:\s[^<>]*?)?(\/?)>/g,
  )) {
    if (closing) assert.equal(open.pop(), name)
    else if (!selfClosing) open.push(name)
  }
  assert.deepEqual(open, [])
  return Array.from(svg.matchAll(/<title>([^<]*)<\/title>/g), ([, text]) => text ?? '')
}

test('every tick has a mark that tells its fate', () => {
  const ticks = [
    tick('poll', from + hour),
    tick('poll', from + 3 * hour, { misfire: true, lagMs: 2 * hour, durationMs: hour }),
    tick('poll', from + 8 * hour, { fate: 'skipped', reason: 'paused' }),
    tick('poll', from + 9 * hour, { fate: 'missed', lagMs: hour }),
    tick('poll', from + 10 * hour, { fate: 'failed', reason: 'interrupted' }),
    tick('poll', from + 11 * hour, { fate: 'pending' }),
  ]
  const svg = timeLineSvg(line({ ticks }))
  assert.deepEqual(titlesOf(svg).slice(2), [
    'poll, 2026-06-01 01:00+00:00: fired on time',
    'poll, 2026-06-01 03:00+00:00: fired 2h late, as a misfire, and took 1h',
    'poll, 2026-06-01 08:00+00:00: skipped: it was paused',
    'poll, 2026-06-01 09:00+00:00: missed',
    'poll, 2026-06-01 10:00+00:00: failed: interrupted, its process was gone',
    'poll, 2026-06-01 11:00+00:00: pending: not decided at the end',
  ])
  for (const words of ['fired: 1', 'fired late: 1', 'skipped: 1', 'missed: 1', 'failed: 1'])
    assert.ok(svg.includes(`>${words}<`), words)
})

test('times without a scheduler are shaded, and pauses, also where they reach beyond it', () => {
  const downs = [
    { from: from - hour, to: from + hour },
    { from: from + 20 * hour, to: null },
    { from: from - 9 * hour, to: from - 8 * hour },
  ]
  const pauses = new Map([['poll', [{ from: from + 2 * hour, to: null }]]])
  const titles = titlesOf(timeLineSvg(line({ downs, pauses })))
  assert.deepEqual(
    titles.filter(title => /no scheduler|paused/.test(title)),
    [
      'no scheduler from 2026-05-31 23:00+00:00 to 2026-06-01 01:00+00:00',
      'no scheduler from 2026-06-01 20:00+00:00 on',
      'poll paused from 2026-06-01 02:00+00:00',
    ],
  )
})

test('whatever a schedule is called stays text', () => {
  const name = `<script>alert("1")</script> & 'so on' \u0001\ud800`
  const rows = [{ name, words: '<i>', zone: 'UTC' }]
  const svg = timeLineSvg(line({ rows, ticks: [tick(name, from + hour)] }))
  titlesOf(svg)
  for (const raw of ['<script', '<i>', '\u0001']) assert.ok(!svg.includes(raw))
  assert.ok(svg.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;so on&#39;'))
  assert.equal(escaped(`\u0000<&>"'\ud800`), '\ufffd&lt;&amp;&gt;&quot;&#39;\ufffd')
})

test('ticks that are closer than a mark share one, which tells how many', () => {
  const ticks = Array.from({ length: 86_400 }, (_, second) =>
    tick('poll', from + second * 1_000, second % 2 ? { fate: 'skipped', reason: 'overlap' } : {}),
  )
  const svg = timeLineSvg(line({ ticks }))
  const titles = titlesOf(svg)
  assert.ok(titles.length < 800, `${titles.length} marks`)
  assert.ok(titles.some(title => /: \d+ ticks fired$/.test(title)))
  assert.ok(titles.some(title => /: \d+ ticks skipped$/.test(title)))
})

test('it is as high as its schedules need, and holds one, fifty or none', () => {
  const heightOf = (count: number) => {
    const rows = Array.from({ length: count }, (_, n) => ({
      name: `n ${n}`,
      words: '',
      zone: 'UTC',
    }))
    const svg = timeLineSvg(line({ rows, to: from }))
    titlesOf(svg)
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
    return Number(/ height="(\d+)"/.exec(svg)?.[1])
  }
  assert.equal(heightOf(0), heightOf(1))
  assert.ok(heightOf(50) > heightOf(1) + 49 * 20)
})

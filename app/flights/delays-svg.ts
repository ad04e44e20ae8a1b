import { type Axis, axis } from './axis.ts'
import type { StateDelays } from './delays.ts'
import { decimals } from './delays-csv.ts'
import { states } from './states.ts'
import { shortened, svgText } from './svg-text.ts'

/** Pixels. */
const width = 960
const labels = { end: 196, characters: 24 }
const plot = { left: 208, right: 770, top: 104 }
const counts = { end: 928 }
const row = { height: 19, bar: 13 }

const colours = {
  late: '#2f6fad',
  early: '#2a9d76',
  unplaced: '#9aa3ad',
  ink: '#1c2733',
  quiet: '#5b6773',
  line: '#e3e7eb',
  zero: '#8a949e',
}

/**
 * The report as a bar chart: mean delay in minutes, the longest first. It needs
 * nothing but itself (no script, style sheet or font), and the same rows give
 * the same text.
 */
export function delaysSvg(rows: readonly StateDelays[]): string {
  const ranked = [...rows].sort(longestFirst)
  const bottom = plot.top + Math.max(1, ranked.length) * row.height + 8
  const height = bottom + 66
  const scale = axis(
    ranked.map(({ meanDelayMinutes }) => meanDelayMinutes),
    plot.left,
    plot.right,
  )
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title summary" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12">`,
    `<title id="title">Mean flight delay by state</title>`,
    `<desc id="summary">${svgText(summary(rows))}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(24, 36, 'Mean flight delay by state', { size: 20, weight: 600 }),
    text(24, 58, summary(rows), { colour: colours.quiet, size: 13 }),
    ...grid(scale, bottom),
    ...columnTitles(bottom),
    ...ranked.flatMap((delays, index) => bar(delays, plot.top + index * row.height, scale)),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function longestFirst(a: StateDelays, b: StateDelays): number {
  return b.meanDelayMinutes - a.meanDelayMinutes || (a.state < b.state ? -1 : 1)
}

function summary(rows: readonly StateDelays[]): string {
  const sum = (of: (delays: StateDelays) => number) => rows.reduce((all, one) => all + of(one), 0)
  const flights = sum(one => one.flights)
  if (flights === 0) return 'No flights have been ingested yet.'
  const mean = decimals(sum(one => one.totalDelayMinutes) / flights, 1)
  const delayed = sum(one => one.delayed)
  return `${grouped(flights)} ${flights === 1 ? 'flight' : 'flights'}, ${grouped(delayed)} of them delayed (more than 0 minutes); mean of all ${sign(mean)} minutes, early flights counted below 0`
}

function grid(scale: Axis, bottom: number): string[] {
  return scale.ticks.flatMap(tick => {
    const x = pixel(scale.at(tick))
    const colour = tick === 0 ? colours.zero : colours.line
    return [
      `<line x1="${x}" y1="${plot.top - 6}" x2="${x}" y2="${bottom}" stroke="${colour}"/>`,
      text(x, bottom + 18, sign(String(Number(tick.toFixed(6)))), {
        anchor: 'middle',
        colour: colours.quiet,
      }),
    ]
  })
}

function columnTitles(bottom: number): string[] {
  const title = { colour: colours.quiet, weight: 600 }
  const middle = (plot.left + plot.right) / 2
  return [
    text(labels.end, plot.top - 14, 'State of the origin airport', { ...title, anchor: 'end' }),
    text(counts.end, plot.top - 14, 'Flights (number)', { ...title, anchor: 'end' }),
    text(middle, bottom + 42, 'Mean delay (minutes; below 0 is early)', {
      ...title,
      anchor: 'middle',
    }),
  ]
}

function bar(delays: StateDelays, top: number, scale: Axis): string[] {
  const zero = scale.at(0)
  const end = scale.at(delays.meanDelayMinutes)
  const name = states.get(delays.state) ?? delays.state
  const mean = sign(decimals(delays.meanDelayMinutes, 1))
  const baseline = top + row.height / 2 + 4
  const early = end < zero
  return [
    `<g><title>${svgText(`${name}: ${mean} minutes, ${grouped(delays.delayed)} of ${grouped(delays.flights)} flights delayed`)}</title>`,
    text(labels.end, baseline, shortened(name, labels.characters), { anchor: 'end' }),
    `<rect x="${pixel(Math.min(zero, end))}" y="${pixel(top + (row.height - row.bar) / 2)}" width="${pixel(Math.abs(end - zero))}" height="${row.bar}" rx="1.5" fill="${colourOf(delays)}"/>`,
    // Beside a bar to the left of 0 the value stands to the right of 0, where nothing is.
    text((early ? zero : end) + 5, baseline, mean),
    text(counts.end, baseline, grouped(delays.flights), { anchor: 'end', colour: colours.quiet }),
    '</g>',
  ]
}

function colourOf(delays: StateDelays): string {
  if (!states.has(delays.state)) return colours.unplaced
  return delays.meanDelayMinutes < 0 ? colours.early : colours.late
}

interface TextStyle {
  anchor?: 'middle' | 'end'
  colour?: string
  size?: number
  weight?: number
}

function text(x: number | string, y: number, words: string, style: TextStyle = {}): string {
  const attributes = [
    `x="${typeof x === 'number' ? pixel(x) : x}"`,
    `y="${pixel(y)}"`,
    `fill="${style.colour ?? colours.ink}"`,
    ...(style.anchor ? [`text-anchor="${style.anchor}"`] : []),
    ...(style.size ? [`font-size="${style.size}"`] : []),
    ...(style.weight ? [`font-weight="${style.weight}"`] : []),
  ]
  return `<text ${attributes.join(' ')}>${svgText(words)}</text>`
}

/** A tenth of a pixel is finer than anyone sees, and the same on every machine. */
function pixel(value: number): string {
  return String(Number(decimals(value, 1)))
}

/** Thousands apart; by hand, because a locale's data differs between builds of Node. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

function sign(value: string): string {
  return value.replace('-', '\u2212')
}

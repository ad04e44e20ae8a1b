import type { Span } from '../../../connection/index.ts'
import { humanDuration } from '../../../core/index.ts'
import type { SimulatedTick } from '../../../simulation/index.ts'
import { local } from '../../terminal/index.ts'
import { fateWords } from './simulated-fates.ts'
import { axisMarks } from './time-axis.ts'

/** What a time line shows. Instants in epoch milliseconds. */
export interface TimeLine {
  readonly from: number
  readonly to: number
  /** The IANA name of the zone of the axis. */
  readonly zone: string
  /** A row each, in this order. */
  readonly rows: readonly { readonly name: string; readonly words: string; readonly zone: string }[]
  readonly ticks: readonly SimulatedTick[]
  /** When no scheduler ran. */
  readonly downs: readonly Span[]
  /** When a schedule was paused, by its name. */
  readonly pauses?: ReadonlyMap<string, readonly Span[]> | undefined
}

const width = 1200
const rowHeight = 26
const markHeight = 16
const top = 64
const bottom = 44
const right = 28
/** The narrowest mark that is seen; ticks closer than that share one. */
const markWidth = 3
const letterWidth = 7
const longestName = 34

/** What a mark is called in the legend, and its colour; two that lie beside each other differ in their lightness too. */
const kinds = {
  fired: { words: 'fired', colour: '#2e9e5b' },
  misfire: { words: 'fired late', colour: '#1d6fd1' },
  queued: { words: 'fired after waiting', colour: '#57b6c9' },
  skipped: { words: 'skipped', colour: '#9aa5b1' },
  missed: { words: 'missed', colour: '#f08c00' },
  failed: { words: 'failed', colour: '#c92a2a' },
  running: { words: 'running', colour: '#7048c6' },
  pending: { words: 'pending', colour: '#d6c9f0' },
} as const

type Kind = keyof typeof kinds

function kindOf({ fate, misfire, reason }: SimulatedTick): Kind {
  if (fate !== 'fired') return fate
  return misfire ? 'misfire' : reason === 'queued' ? 'queued' : 'fired'
}

/** A time line as an SVG document: a row for each schedule, a mark for each tick, times without a scheduler shaded. */
export function timeLineSvg(line: TimeLine): string {
  const { rows, from, to } = line
  const longest = Math.max(8, ...rows.map(({ name }) => Math.min(longestName, name.length)))
  const left = 24 + longest * letterWidth
  const plot = new Plot(left, width - left - right, from, to)
  const height = top + Math.max(1, rows.length) * rowHeight + bottom
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(titleOf(line))}</title>`,
    '<defs><pattern id="down" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#e9ecef"/><rect width="2" height="6" fill="#ced4da"/></pattern></defs>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="14" fill="#212529">${escaped(titleOf(line))}</text>`,
    ...shades(line, plot, height - bottom),
    ...axis(line, plot, height - bottom),
    ...rows.flatMap((row, index) => rowParts(line, plot, row, top + index * rowHeight)),
    ...legend(line, height - 16),
    '</svg>',
  ]
  return parts.join('\n')
}

/** Where instants lie across the page. */
class Plot {
  readonly left: number
  readonly width: number
  readonly #from: number
  readonly #lengthMs: number

  constructor(left: number, width: number, from: number, to: number) {
    this.left = left
    this.width = width
    this.#from = from
    this.#lengthMs = Math.max(1, to - from)
  }

  /** Within the plot, also for an instant beside it. */
  x(instant: number): number {
    const share = (instant - this.#from) / this.#lengthMs
    return this.left + Math.min(1, Math.max(0, share)) * this.width
  }
}

function titleOf({ rows, ticks, from, to, zone }: TimeLine): string {
  const amount = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`
  const what = `${amount(ticks.length, 'tick')} of ${amount(rows.length, 'schedule')}`
  return `${what}, ${shown(from, zone)} to ${shown(to, zone)} in ${zone}`
}

const shown = (instant: number, zone: string): string =>
  local(instant, zone)
    .replace('T', ' ')
    .replace(/:00([+-])/, '$1')

function shades({ downs, from, to, zone }: TimeLine, plot: Plot, base: number): string[] {
  return downs
    .filter(down => down.from < to && (down.to ?? to) > from)
    .map(down => {
      const until = down.to === null ? 'on' : `to ${shown(down.to, zone)}`
      const title = `no scheduler from ${shown(down.from, zone)} ${until}`
      const area = { y: top - 4, height: base - top + 4, fill: 'url(#down)' }
      return rect(plot.x(down.from), plot.x(down.to ?? to), area, title)
    })
}

function axis({ from, to, zone }: TimeLine, plot: Plot, base: number): string[] {
  const line = (x: number, colour: string) =>
    `<line x1="${round(x)}" x2="${round(x)}" y1="${top - 6}" y2="${base}" stroke="${colour}"/>`
  return axisMarks(from, to, zone, Math.floor(plot.width / 84)).flatMap(({ at, label }) => {
    const x = plot.x(at)
    return [
      line(x, '#dee2e6'),
      `<text x="${round(x)}" y="${top - 12}" text-anchor="${x > width - 40 ? 'end' : 'middle'}" fill="#495057">${escaped(label)}</text>`,
    ]
  })
}

function rowParts(
  line: TimeLine,
  plot: Plot,
  { name, words, zone: own }: TimeLine['rows'][number],
  y: number,
): string[] {
  const { zone, from, to } = line
  const middle = y + rowHeight / 2
  const told = name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name
  const title = `${name}: ${words}, in ${own}`
  const pauses = (line.pauses?.get(name) ?? []).filter(
    pause => pause.from < to && (pause.to ?? to) > from,
  )
  const ticks = line.ticks.filter(({ schedule }) => schedule === name)
  return [
    `<line x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y + rowHeight}" y2="${y + rowHeight}" stroke="#f1f3f5"/>`,
    `<text x="16" y="${middle + 4}" fill="#212529"><title>${escaped(title)}</title>${escaped(told)}</text>`,
    ...pauses.map(pause =>
      rect(
        plot.x(pause.from),
        plot.x(pause.to ?? to),
        { y: y + 2, height: rowHeight - 4, fill: '#fff3bf' },
        `${name} paused from ${shown(pause.from, zone)}`,
      ),
    ),
    ...places(ticks, plot).flatMap(({ here }) => runBar(longestOf(here), plot, middle)),
    ...markParts(ticks, plot, y + (rowHeight - markHeight) / 2, zone),
  ]
}

/** How late a tick was decided, and how long it ran, where that can be seen. */
function runBar(tick: SimulatedTick, plot: Plot, middle: number): string[] {
  const { fate } = tick
  const decided = fate === 'pending' || fate === 'missed' ? tick.tick : tick.tick + tick.lagMs
  const end = decided + (tick.durationMs ?? 0)
  const [x1, x2, x3] = [plot.x(tick.tick), plot.x(decided), plot.x(end)]
  const parts: string[] = []
  const { colour } = kinds[kindOf(tick)]
  if (fate !== 'skipped' && x2 - x1 > markWidth)
    parts.push(
      `<line x1="${round(x1)}" x2="${round(x2)}" y1="${middle}" y2="${middle}" stroke="${colour}" stroke-dasharray="2 2"/>`,
    )
  if (x3 - x2 > markWidth)
    parts.push(rect(x2, x3, { y: middle - 3, height: 6, fill: colour, opacity: 0.35 }))
  return parts
}

const endOf = ({ tick, lagMs, durationMs }: SimulatedTick): number =>
  tick + lagMs + (durationMs ?? 0)

const longestOf = (here: readonly [SimulatedTick, ...SimulatedTick[]]): SimulatedTick =>
  here.reduce((longest, tick) => (endOf(tick) > endOf(longest) ? tick : longest))

/** The ticks of a row by where they lie: those that a mark would cover share it. */
function places(
  ticks: readonly SimulatedTick[],
  plot: Plot,
): { x: number; here: [SimulatedTick, ...SimulatedTick[]] }[] {
  const found = new Map<number, [SimulatedTick, ...SimulatedTick[]]>()
  for (const tick of ticks) {
    const x = Math.round(plot.x(tick.tick) / markWidth) * markWidth
    const here = found.get(x)
    if (here) here.push(tick)
    else found.set(x, [tick])
  }
  return Array.from(found, ([x, here]) => ({ x, here }))
}

/** A mark for each place, with a part for each kind that is there. */
function markParts(ticks: readonly SimulatedTick[], plot: Plot, y: number, zone: string): string[] {
  return places(ticks, plot).flatMap(({ x, here }) => {
    const byKind = Map.groupBy(here, kindOf)
    const height = markHeight / byKind.size
    return Array.from(byKind, ([kind, ofKind], index) => {
      const area = { y: y + index * height, height, fill: kinds[kind].colour }
      return rect(x - markWidth / 2, x + markWidth / 2, area, markTitle(ofKind, zone))
    })
  })
}

function markTitle(here: readonly SimulatedTick[], zone: string): string {
  const [first] = here
  const last = here.at(-1)
  if (!first || !last) return ''
  if (here.length === 1) return `${first.schedule}, ${shown(first.tick, zone)}: ${fateWords(first)}`
  const during = `${shown(first.tick, zone)} to ${shown(last.tick, zone)}`
  const lag = here.reduce((most, { lagMs }) => Math.max(most, lagMs), 0)
  const late = lag > 0 ? `, up to ${humanDuration(lag)} late` : ''
  return `${first.schedule}, ${during}: ${here.length} ticks ${kinds[kindOf(first)].words}${late}`
}

/** The kinds that are there, each with how many. */
function legend({ ticks, downs, from, to }: TimeLine, y: number): string[] {
  const counts = new Map<Kind, number>()
  for (const tick of ticks) counts.set(kindOf(tick), (counts.get(kindOf(tick)) ?? 0) + 1)
  const entries = (Object.keys(kinds) as Kind[])
    .filter(kind => counts.has(kind))
    .map(kind => ({
      fill: kinds[kind].colour as string,
      words: `${kinds[kind].words}: ${counts.get(kind)}`,
    }))
  if (downs.some(down => down.from < to && (down.to ?? to) > from))
    entries.push({ fill: 'url(#down)', words: 'no scheduler' })
  let x = 16
  return entries.map(({ fill, words }) => {
    const part = `${rect(x, x + 10, { y: y - 10, height: 10, fill })}<text x="${x + 15}" y="${y}" fill="#495057">${escaped(words)}</text>`
    x += 32 + words.length * 6.4
    return part
  })
}

function rect(
  x1: number,
  x2: number,
  { y, height, fill, opacity }: { y: number; height: number; fill: string; opacity?: number },
  title?: string,
): string {
  const inside = title === undefined ? '/>' : `><title>${escaped(title)}</title></rect>`
  const faint = opacity === undefined ? '' : ` fill-opacity="${opacity}"`
  return `<rect x="${round(x1)}" y="${round(y)}" width="${round(Math.max(1, x2 - x1))}" height="${round(height)}" fill="${fill}"${faint}${inside}`
}

const round = (number: number): number => Math.round(number * 10) / 10

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as XML holds it; characters that XML does not know become U+FFFD. */
export function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 refuses
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, letter => entities[letter] ?? letter)
  )
}

import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Timetable } from '../packages/equipage/src/schedule/writing/timetable.ts'

// Next ticks a second, and what many schedules cost, beside the peers that are installed:
//   npm run bench timings
// Rates are medians of interleaved rounds. Every registration runs in a process of its own, and
// its memory is the heap after a collection, less the heap before.

const zone = 'Europe/Madrid'
const from = Date.parse('2026-11-21T00:00Z')
const patterns = { '*/5 * * * *': '*/5 * * * *', 'daily at 03:00': '0 3 * * *' } as const
const counts = [10_000, 100_000] as const
const rounds = 5
const heapLimitMb = 1_400

function nothing(): void {}

/** A package by its name, undefined when it is not installed. */
async function installed(name: string): Promise<Record<string, unknown> | undefined> {
  try {
    return await import(name)
  } catch {
    return undefined
  }
}

interface Peer {
  readonly name: string
  /** Walks through so many next ticks of an expression; undefined when it has no such call. */
  readonly walk?: (expression: string, count: number) => void
  /** Registers one daily schedule; undefined when another line does the same. */
  readonly register?: (index: number) => unknown
}

type Class = new (...args: unknown[]) => Record<string, (...args: unknown[]) => unknown>

const daily = (index: number) => `${index % 60} ${Math.floor(index / 60) % 24} * * *`

const makers: Record<string, () => Promise<Peer | undefined>> = {
  async equipage() {
    const timetable = new Timetable({ timezone: zone, clock: { now: () => from } })
    return {
      name: 'equipage',
      walk(expression, count) {
        const { schedule } = timetable.cron(expression).do(nothing)
        let tick: number | null = from
        for (let n = 0; n < count; n++) tick = schedule.timing.next(tick ?? from, from)
      },
      register: index => timetable.cron(daily(index)).name(`schedule ${index}`).do(nothing),
    }
  },
  async 'equipage, as ZonedDateTime'() {
    const timetable = new Timetable({ timezone: zone, clock: { now: () => from } })
    return {
      name: 'equipage, as ZonedDateTime',
      walk: (expression, count) => void timetable.cron(expression).do(nothing).nextTicks(count),
    }
  },
  async 'equipage, fluent words'() {
    const timetable = new Timetable({ timezone: zone, clock: { now: () => from } })
    const times = Array.from({ length: 1_440 }, (_, minute) =>
      new Date(minute * 60_000).toISOString().slice(11, 16),
    )
    return {
      name: 'equipage, fluent words',
      register: index =>
        timetable
          .every()
          .day.at(times[index % 1_440] ?? '')
          .name(`schedule ${index}`)
          .do(nothing),
    }
  },
  async croner() {
    const module = await installed('croner')
    if (!module) return undefined
    const Cron = module['Cron'] as Class
    return {
      name: 'croner',
      walk: (expression, count) =>
        new Cron(expression, { timezone: zone, paused: true })['nextRuns']?.(count, new Date(from)),
      register: index => new Cron(daily(index), { timezone: zone }, nothing),
    }
  },
  async 'cron-parser'() {
    const module = await installed('cron-parser')
    if (!module) return undefined
    const { parse } = module['CronExpressionParser'] as Record<string, (...a: unknown[]) => unknown>
    const options = { tz: zone, currentDate: new Date(from) }
    return {
      name: 'cron-parser',
      walk(expression, count) {
        const iterator = parse?.(expression, options) as { next(): unknown }
        for (let n = 0; n < count; n++) iterator.next()
      },
      register: index => parse?.(daily(index), options),
    }
  },
  async 'node-cron'() {
    const module = await installed('node-cron')
    const schedule = (module?.['default'] as Record<string, (...a: unknown[]) => unknown>)?.[
      'schedule'
    ]
    if (!schedule) return undefined
    return {
      name: 'node-cron',
      register: index => schedule(daily(index), nothing, { timezone: zone }),
    }
  },
  async 'node-schedule'() {
    const module = await installed('node-schedule')
    const schedule = module?.['scheduleJob'] as ((...a: unknown[]) => unknown) | undefined
    if (!schedule) return undefined
    return {
      name: 'node-schedule',
      register: index => schedule({ rule: daily(index), tz: zone }, nothing),
    }
  },
}

const [role, given = '', many = '0'] = process.argv.slice(2).slice(-3)
if (role === '--register') await measureRegistration(given, Number(many))
else await compare()

/** In a process of its own: prints milliseconds and megabytes as JSON. */
async function measureRegistration(name: string, count: number): Promise<void> {
  const peer = await makers[name]?.()
  if (!peer?.register) return
  const gc = globalThis.gc ?? nothing
  // The zone's table, the compiler and the like are nobody's schedule.
  const kept: unknown[] = [peer.register(-1 + 1_440)]
  gc()
  const before = process.memoryUsage().heapUsed
  const start = performance.now()
  for (let index = 0; index < count; index++) kept.push(peer.register(index))
  const ms = performance.now() - start
  gc()
  const mb = (process.memoryUsage().heapUsed - before) / 1e6
  process.stdout.write(JSON.stringify({ ms, mb, kept: kept.length }), () => process.exit(0))
}

async function compare(): Promise<void> {
  const peers: Peer[] = []
  const absent: string[] = []
  for (const [name, make] of Object.entries(makers)) {
    const peer = await make()
    if (peer) peers.push(peer)
    else absent.push(name)
  }
  const results = { rates: ratesOf(peers), registrations: registrationsOf(peers), absent }
  if (absent.length)
    process.stdout.write(`\nNot installed, so not compared: ${absent.join(', ')}\n`)
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'timings.json'), `${JSON.stringify(results, null, 2)}\n`)
}

function ratesOf(peers: readonly Peer[]) {
  const rows: { pattern: string; name: string; perSecond: number; timesCroner: number }[] = []
  for (const [pattern, expression] of Object.entries(patterns)) {
    const rates = new Map<string, number[]>()
    for (let round = 0; round < rounds; round++) {
      for (const { name, walk } of peers) {
        if (!walk) continue
        const count = name.startsWith('equipage') ? 50_000 : 1_000
        const start = performance.now()
        walk(expression, count)
        const list = rates.get(name) ?? []
        list.push(count / ((performance.now() - start) / 1_000))
        rates.set(name, list)
      }
    }
    const croner = median(rates.get('croner') ?? [Number.NaN])
    for (const [name, list] of rates) {
      const perSecond = median(list)
      rows.push({ pattern, name, perSecond, timesCroner: perSecond / croner })
    }
  }
  process.stdout.write(`Next ticks in ${zone}, a second\n`)
  for (const { pattern, name, perSecond, timesCroner } of rows)
    line([pattern, name, whole(perSecond), `${timesCroner.toFixed(1)} times croner`])
  return rows
}

function registrationsOf(peers: readonly Peer[]) {
  const rows: { name: string; count: number; ms: number | null; mb: number | null }[] = []
  process.stdout.write('\nDaily schedules: registered in ms, added MB, bytes each\n')
  for (const count of counts) {
    for (const { name, register } of peers) {
      if (!register) continue
      const measured = registerApart(name, count)
      rows.push({ name, count, ms: measured?.ms ?? null, mb: measured?.mb ?? null })
      const told = measured
        ? [
            `${whole(measured.ms)} ms`,
            `${measured.mb.toFixed(1)} MB`,
            whole((measured.mb * 1e6) / count),
          ]
        : [`not done in 60 s and ${heapLimitMb} MB`]
      line([whole(count), name, ...told])
    }
  }
  return rows
}

function registerApart(name: string, count: number): { ms: number; mb: number } | undefined {
  const flags = ['--expose-gc', `--max-old-space-size=${heapLimitMb}`]
  const child = spawnSync(
    process.execPath,
    [...flags, import.meta.filename, '--register', name, String(count)],
    { encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return child.status === 0 ? JSON.parse(child.stdout) : undefined
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function line(cells: readonly string[]): void {
  const widths = [15, 27, 12, 10]
  process.stdout.write(`  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' ')}\n`)
}

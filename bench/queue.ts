import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedis } from '../packages/equipage/test/support/redis.ts'
import {
  type Found,
  type Measurement,
  measurements,
  type Plan,
  type SubjectName,
  subjectNames,
} from './queue/plan.ts'

// How many jobs a second go through, and how soon they start, beside raw BullMQ and bee-queue:
//   npm run bench queue            some minutes, on a machine that does nothing else
//   npm run bench queue brief      the same with small counts, to see that it works; its figures say nothing, and are not kept
// Every measurement runs in a process of its own over one Redis, which is emptied before it. The
// subjects take turns, and medians of the rounds are shown. bee-queue is measured when it is there:
//   npm install --no-save bee-queue@2.0.0

const brief = process.argv.includes('brief')
const rounds = brief ? 1 : 9
const counts: Record<Measurement, number> = {
  'push one by one': 10_000,
  'push concurrently': 50_000,
  'push in bulk': 50_000,
  'process at concurrency 1': 10_000,
  'process at concurrency 100': 50_000,
  'push to start': 1_000,
  'idle worker': 0,
}
const compiled = join(tmpdir(), 'equipage-bench-compiled')
/** A process that takes longer has come to a stand. */
const limitMs = 120_000

interface Row extends Found {
  readonly measurement: Measurement
  readonly subject: SubjectName
  /** Raw BullMQ is 1. Of jobs a second more is better, of milliseconds and memory less. */
  readonly timesBullmq: number | null
}

const subjects = subjectNames.filter(name => name !== 'bee-queue' || isInstalled('bee-queue'))
const notDone: string[] = []
const found = new Map<string, Found[]>()
const server = await startRedis()
const redis = new Redis({ host: server.host, port: server.port })
try {
  for (let round = 0; round < rounds; round++) {
    for (const measurement of measurements) {
      for (let turn = 0; turn < subjects.length; turn++) {
        const subject = subjects[(round + turn) % subjects.length] ?? 'equipage'
        await redis.flushall()
        const result = await measured(subject, measurement)
        if (result) listOf(measurement, subject).push(result)
        else notDone.push(`${measurement}: ${subject} did not end within ${limitMs / 1_000} s`)
      }
    }
  }
} finally {
  redis.disconnect()
  await server.stop()
}

const rows = measurements.flatMap(measurement => rowsOf(measurement))
print()
if (!brief) {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'queue.json'), `${JSON.stringify({ rows, notDone }, null, 2)}\n`)
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

function listOf(measurement: Measurement, subject: SubjectName): Found[] {
  const key = `${measurement} / ${subject}`
  const list = found.get(key) ?? []
  found.set(key, list)
  return list
}

/** One measurement in a process of its own; undefined when it comes to no end. */
async function measured(
  subject: SubjectName,
  measurement: Measurement,
): Promise<Found | undefined> {
  const count = brief ? Math.ceil(counts[measurement] / 50) : counts[measurement]
  const warmUp = Math.ceil(count / 10)
  const plan: Plan = { subject, measurement, count, warmUp, redisPort: server.port }
  const child = fork(join(import.meta.dirname, 'queue', 'measured-process.ts'), {
    // Compiled code is kept from process to process, as `queues.ts` does.
    env: { ...process.env, NODE_COMPILE_CACHE: compiled, BENCH_PLAN: JSON.stringify(plan) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  let result: Found | undefined
  child.on('message', message => {
    result = message as Found
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  await once(child, 'exit')
  clearTimeout(timer)
  return result
}

function rowsOf(measurement: Measurement): Row[] {
  const medians = subjects
    .map(subject => ({ measurement, subject, ...medianOf(listOf(measurement, subject)) }))
    .filter(row => leading(row) !== null)
  const base = medians.find(({ subject }) => subject === 'bullmq')
  return medians.map(row => ({ ...row, timesBullmq: ratio(leading(row), base && leading(base)) }))
}

/** The figure that a measurement is about. */
function leading({ jobsPerSecond, p50Ms, residentMb }: Found): number | null {
  return jobsPerSecond ?? p50Ms ?? residentMb
}

function medianOf(list: readonly Found[]): Found {
  const median = (field: keyof Found) => {
    const values = list.map(each => each[field]).filter(value => value !== null)
    return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
  }
  return {
    jobsPerSecond: median('jobsPerSecond'),
    redisCpuUs: median('redisCpuUs'),
    clientCpuUs: median('clientCpuUs'),
    p50Ms: median('p50Ms'),
    p99Ms: median('p99Ms'),
    residentMb: median('residentMb'),
  }
}

function ratio(value: number | null, base: number | null | undefined): number | null {
  return value === null || !base ? null : value / base
}

function print(): void {
  for (const measurement of measurements) {
    process.stdout.write(`\n${measurement}\n`)
    const of = rows.filter(row => row.measurement === measurement)
    const base = of.find(({ subject }) => subject === 'bullmq')
    for (const row of of) line([row.subject, ...figures(row, base)])
  }
  process.stdout.write('\nIn brackets: times raw BullMQ.\n')
  if (!subjects.includes('bee-queue')) {
    process.stdout.write('bee-queue is not here: npm install --no-save bee-queue@2.0.0\n')
  }
  if (notDone.length > 0) process.stdout.write(`\nNot done:\n  ${notDone.join('\n  ')}\n`)
}

/** Each figure with its ratio beside it. */
function figures(row: Found, base: Found | undefined): string[] {
  const cell = (field: keyof Found, digits: number, unit: string) => {
    const value = row[field]
    if (value === null) return []
    const of = ratio(value, base?.[field])
    const text = value.toLocaleString('en', { maximumFractionDigits: digits })
    return [`${text} ${unit}${of === null ? '' : ` (${of.toFixed(2)}x)`}`]
  }
  return [
    ...cell('jobsPerSecond', 0, 'a second'),
    ...cell('redisCpuUs', 1, 'µs of Redis'),
    ...cell('clientCpuUs', 1, 'µs of client'),
    ...cell('p50Ms', 2, 'ms p50'),
    ...cell('p99Ms', 2, 'ms p99'),
    ...cell('residentMb', 0, 'MB'),
  ]
}

function line(cells: readonly string[]): void {
  const [first = '', ...rest] = cells
  process.stdout.write(`  ${first.padEnd(12)}${rest.map(cell => cell.padEnd(30)).join('')}\n`)
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startRedis } from '../packages/equipage/test/support/redis.ts'
import type { Plan } from './ticks/plan.ts'
import { type StartedProcess, startProcess } from './ticks/started-process.ts'

// How late ticks are, and what many schedules cost, beside the peers:
//   npm run bench ticks            about a quarter of an hour, on a machine that does nothing else
//   npm run bench ticks one crowd  those measurements alone, of: one, among, burst, crowd, idle; not kept
//   npm run bench ticks brief      the same with small counts, to see that it works; its figures say nothing, and are not kept
// Every measurement runs in processes of its own, one subject after the other in each, over a Redis
// that is started for it. "pushed" is when the claim that pushes a job has been answered, "started"
// when a worker in another process runs it; the peers run functions in the scheduler's process,
// and BullMQ starts jobs.

const brief = process.argv.includes('brief')
const seconds = brief ? 5 : 30
const many = brief ? 200 : 10_000
const crowd = brief ? 1_000 : 100_000
const idleSeconds = brief ? 5 : 20
/** How long registering may take before a burst is due. */
const leadMs = brief ? 10_000 : 60_000
/** How long the last of a burst is waited for. */
const burstLimitMs = 60_000
const everySecond = '* * * * * *'

interface Row {
  readonly measurement: string
  readonly subject: string
  readonly ticks: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** When the last one of a burst was there; null for schedules of every second. */
  readonly lastMs: number | null
}

/** Who is measured: the files that are started, and which of them reports. */
const subjects: {
  name: string
  files: string[]
  action: Plan['action']
  redis: boolean
  /** The name of each file's report, in their order; undefined: it reports nothing. */
  reports: (string | undefined)[]
}[] = [
  {
    name: 'equipage, function',
    files: ['equipage-scheduler.ts'],
    action: 'call',
    redis: false,
    reports: ['equipage, function'],
  },
  {
    name: 'equipage, push',
    files: ['equipage-scheduler.ts', 'equipage-worker.ts'],
    action: 'push',
    redis: true,
    reports: ['equipage, pushed', 'equipage, started'],
  },
  { name: 'croner', files: ['croner.ts'], action: 'call', redis: false, reports: ['croner'] },
  {
    name: 'node-cron',
    files: ['node-cron.ts'],
    action: 'call',
    redis: false,
    reports: ['node-cron'],
  },
  {
    name: 'BullMQ',
    files: ['bullmq.ts'],
    action: 'push',
    redis: true,
    reports: ['BullMQ, started'],
  },
]

const chosen = process.argv.slice(2).filter(name => name !== 'brief' && name !== 'ticks')
const wanted = (name: string) => chosen.length === 0 || chosen.includes(name)

const rows: Row[] = []
const notDone: string[] = []
if (wanted('one')) await lateness('one schedule of every second', { count: 1, idle: 0 })
if (wanted('among')) {
  await lateness(`one of every second among ${whole(many)}`, { count: 1, idle: many - 1 })
}
if (wanted('burst')) await burst(`${whole(many)} due in one second`, many)
const replicas = wanted('crowd') ? await replicated() : null
const idle = wanted('idle') ? await idleCosts() : []
printIdle()
if (!brief && chosen.length === 0) {
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const results = { rows, replicas, idle, notDone }
  writeFileSync(join(folder, 'ticks.json'), `${JSON.stringify(results, null, 2)}\n`)
}

/** Once a second for a while. */
async function lateness(measurement: string, counts: Pick<Plan, 'count' | 'idle'>): Promise<void> {
  await each(measurement, { ...counts, pattern: everySecond, burstAt: null }, async processes => {
    // The first ticks come while caches are cold, as they do after every start.
    await pause(2_000)
    for (const started of processes) started.begin()
    await pause(seconds * 1_000)
  })
}

/** All at one instant. */
async function burst(measurement: string, count: number): Promise<void> {
  await each(
    measurement,
    () => ({ count, idle: 0, ...burstPlan() }),
    async (processes, plan) => {
      await pause((plan.burstAt ?? 0) - Date.now() + 1_000)
      const deadline = Date.now() + burstLimitMs
      const all = async () =>
        (await Promise.all(processes.map(started => started.report()))).every(
          ({ latenessMs }) => latenessMs.length >= count,
        )
      while (!(await all()) && Date.now() < deadline) await pause(500)
    },
  )
}

/** The next instant on a whole second for which there is time to register. */
function burstPlan(): Pick<Plan, 'pattern' | 'burstAt'> {
  const at = new Date(Math.ceil((Date.now() + leadMs) / 1_000) * 1_000)
  const pattern = `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
  return { pattern, burstAt: at.getTime() }
}

/** Measures one subject after the other, and prints them with their ratios to the first. */
async function each(
  measurement: string,
  planned:
    | Pick<Plan, 'count' | 'idle' | 'pattern' | 'burstAt'>
    | (() => Pick<Plan, 'count' | 'idle' | 'pattern' | 'burstAt'>),
  wait: (processes: readonly StartedProcess[], plan: Plan) => Promise<void>,
): Promise<void> {
  process.stdout.write(`\n${measurement}: lateness in ms\n`)
  const found: Row[] = []
  for (const { name, files, action, redis, reports } of subjects) {
    await withServers(redis, async (redisPort, state) => {
      const partial = typeof planned === 'function' ? planned() : planned
      const plan: Plan = { ...partial, action, redisPort }
      const processes: StartedProcess[] = []
      try {
        for (const file of files) {
          const started = await startProcess(file, plan, { state })
          if (started) processes.push(started)
        }
        const late = plan.burstAt !== null && Date.now() > plan.burstAt
        if (processes.length < files.length || late) {
          notDone.push(`${measurement}: ${name} was not ready in time`)
          return
        }
        await wait(processes, plan)
        for (const [index, started] of processes.entries()) {
          const subject = reports[index]
          const { latenessMs } = await started.report()
          if (subject !== undefined) found.push(rowOf(measurement, subject, latenessMs, plan))
        }
      } finally {
        for (const started of processes) await started.end()
      }
    })
  }
  rows.push(...found)
  const base = found[0]
  for (const row of found) {
    const { subject, ticks, p50Ms, p99Ms, lastMs } = row
    const figures = [
      `p50 ${ms(p50Ms)}`,
      `p99 ${ms(p99Ms)}`,
      lastMs === null ? '' : `all ${ms(lastMs)}`,
    ]
    const ratio = `${times(p50Ms, base?.p50Ms)} ${times(p99Ms, base?.p99Ms)} ${lastMs === null ? '' : times(lastMs, base?.lastMs)}`
    line([subject, `${whole(ticks)} ticks`, ...figures, ratio])
  }
  if (base) process.stdout.write(`  (the last column: times ${base.subject})\n`)
}

function rowOf(
  measurement: string,
  subject: string,
  latenessMs: readonly number[],
  { count, burstAt }: Plan,
): Row {
  const sorted = [...latenessMs].sort((a, b) => a - b)
  const share = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null
  if (burstAt !== null && sorted.length !== count)
    notDone.push(`${measurement}: ${subject} has ${sorted.length} of ${count}`)
  const complete = burstAt !== null && sorted.length >= count
  return {
    measurement,
    subject,
    ticks: sorted.length,
    p50Ms: share(0.5),
    p99Ms: share(0.99),
    lastMs: complete ? share(1) : null,
  }
}

/** Three schedulers push what is due at one instant; nothing consumes it. */
async function replicated() {
  process.stdout.write(`\n${whole(crowd)} due at one instant, three schedulers\n`)
  return withServers(true, async (redisPort, state) => {
    // Registering this many takes longer than a burst's lead.
    const at = new Date(Math.ceil((Date.now() + 2 * leadMs) / 60_000) * 60_000)
    const pattern = `0 ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
    const burstAt = at.getTime()
    const plan: Plan = { count: crowd, idle: 0, pattern, burstAt, action: 'push', redisPort }
    const files = ['equipage-scheduler.ts', 'equipage-scheduler.ts', 'equipage-scheduler.ts']
    const processes = await Promise.all(files.map(file => startProcess(file, plan, { state })))
    const started = processes.filter(process => process !== undefined)
    const redis = new Redis({ port: redisPort ?? 0, host: '127.0.0.1' })
    try {
      if (started.length < files.length || Date.now() > burstAt) {
        notDone.push(`${whole(crowd)} at one instant: the schedulers were not ready in time`)
        return null
      }
      for (const one of started) one.begin()
      await pause(burstAt - Date.now())
      let pushed = 0
      while (pushed < crowd && Date.now() < burstAt + 4 * burstLimitMs) {
        await pause(20)
        pushed = await redis.llen('equipage:default:wait')
      }
      const allMs = Date.now() - burstAt
      await pause(1_000)
      const reports = await Promise.all(started.map(one => one.report()))
      const shares = reports.map(({ latenessMs }) => latenessMs.length)
      const total = await redis.llen('equipage:default:wait')
      const startMs = started.map(one => Math.round(one.startMs))
      line([
        `${whole(total)} pushed`,
        `all ${whole(allMs)} ms`,
        `${whole((total / allMs) * 1_000)} a second`,
      ])
      line([
        `shares ${shares.map(whole).join(', ')}`,
        `ready after ${startMs.map(whole).join(', ')} ms`,
      ])
      return { total, allMs, shares, startMs }
    } finally {
      redis.disconnect()
      for (const one of started) await one.end()
    }
  })
}

/** Processor time of a process whose schedules are all of another hour. */
async function idleCosts() {
  const idlers = [
    { name: 'equipage, sync', file: 'equipage-scheduler.ts', redis: false },
    { name: 'equipage, redis', file: 'equipage-scheduler.ts', redis: true },
    { name: 'croner', file: 'croner.ts', redis: false },
    { name: 'node-cron', file: 'node-cron.ts', redis: false },
  ]
  const found: { name: string; schedules: number; cpuMsPerSecond: number; startMs: number }[] = []
  for (const { name, file, redis } of idlers) {
    await withServers(redis, async (redisPort, state) => {
      const plan: Plan = {
        count: 0,
        idle: crowd,
        pattern: everySecond,
        burstAt: null,
        action: 'push',
        redisPort,
      }
      const started = await startProcess(file, plan, { state, limitMs: 60_000 })
      if (!started) {
        notDone.push(`idle: ${name} was not ready within 60 s`)
        return
      }
      await pause(3_000)
      started.begin()
      await pause(idleSeconds * 1_000)
      const { cpuMs } = await started.report()
      const { startMs } = started
      found.push({ name, schedules: crowd, cpuMsPerSecond: cpuMs / idleSeconds, startMs })
      await started.end()
    })
  }
  return found
}

function printIdle(): void {
  process.stdout.write(`\n${whole(crowd)} daily schedules, idle for ${idleSeconds} s\n`)
  const base = idle[0]
  for (const { name, cpuMsPerSecond, startMs } of idle) {
    const share = `${(cpuMsPerSecond / 10).toFixed(2)} % of a core`
    line([
      name,
      share,
      times(cpuMsPerSecond, base?.cpuMsPerSecond),
      `ready after ${whole(startMs)} ms`,
    ])
  }
  if (notDone.length > 0) process.stdout.write(`\nNot done:\n  ${notDone.join('\n  ')}\n`)
}

/** A Redis, when it is needed, and a folder for a state file; both are gone afterwards. */
async function withServers<T>(
  redis: boolean,
  use: (redisPort: number | null, state: string) => Promise<T>,
): Promise<T> {
  const state = mkdtempSync(join(tmpdir(), 'equipage-bench-'))
  const server = redis ? await startRedis() : undefined
  try {
    return await use(server?.port ?? null, state)
  } finally {
    await server?.stop()
    rmSync(state, { recursive: true, force: true })
  }
}

function times(value: number | null, base: number | null | undefined): string {
  return value === null || !base ? '' : `${(value / base).toFixed(1)}x`
}

function ms(value: number | null): string {
  return value === null ? '-' : value.toFixed(1)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function line(cells: readonly string[]): void {
  const widths = [22, 16, 12, 12, 14]
  process.stdout.write(`  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' ')}\n`)
}

import { setTimeout as pause } from 'node:timers/promises'
import { type Found, type Plan, readPlan } from './plan.ts'
import type { ProcessorTime, ProcessorTimes } from './processor-times.ts'
import type { Payload, Subject } from './subject.ts'

// One measurement of one subject, in a process of its own. It tells its parent what it found.
const plan = readPlan()
const library: { open(port: number): Promise<Subject> } = await import(`./${plan.subject}.ts`)
const nothing: Found = {
  jobsPerSecond: null,
  redisCpuUs: null,
  clientCpuUs: null,
  p50Ms: null,
  p99Ms: null,
  residentMb: null,
}

/** Jobs that are handed to a library at once. */
const bulk = 1_000
/** Between two pushes whose latency is measured, milliseconds. */
const gapMs = 4
const settleMs = 2_000

const subject = await library.open(plan.redisPort)
const found = await measure(subject, plan)
await subject.close()
process.send?.({ ...nothing, ...found })
process.disconnect?.()

function measure(subject: Subject, plan: Plan): Promise<Partial<Found>> {
  switch (plan.measurement) {
    case 'push one by one':
      return pushed(plan, async count => {
        for (let n = 0; n < count; n++) await subject.push(payload())
      })
    case 'push concurrently':
      return pushed(plan, count =>
        Promise.all(Array.from({ length: count }, () => subject.push(payload()))),
      )
    case 'push in bulk':
      return pushed(plan, count => pushInBulk(subject, count))
    case 'process at concurrency 1':
      return processed(subject, plan, 1)
    case 'process at concurrency 100':
      return processed(subject, plan, 100)
    case 'push to start':
      return latency(subject, plan)
    case 'idle worker':
      return idle(subject)
  }
}

function payload(): Payload {
  return { at: performance.now() }
}

async function pushInBulk(subject: Subject, count: number): Promise<void> {
  for (let left = count; left > 0; left -= bulk)
    await subject.pushMany(Array.from({ length: Math.min(left, bulk) }, payload))
}

async function pushed(
  { count, warmUp }: Plan,
  push: (count: number) => Promise<unknown>,
): Promise<Partial<Found>> {
  const times = await processorTimes()
  await push(warmUp)
  const end = span(count, times, await times.read())
  await push(count)
  return end()
}

/** From the first job after the warm-up to the last one. */
async function processed(
  subject: Subject,
  { count, warmUp }: Plan,
  concurrency: number,
): Promise<Partial<Found>> {
  const times = await processorTimes()
  await pushInBulk(subject, warmUp + count)
  const done = Promise.withResolvers<Partial<Found>>()
  let end: ReturnType<typeof span> | undefined
  let runs = 0
  await subject.work(concurrency, () => {
    runs++
    if (runs === warmUp) end = span(count, times, times.read())
    if (runs === warmUp + count) done.resolve(end?.() ?? {})
  })
  return done.promise
}

async function latency(subject: Subject, { count, warmUp }: Plan): Promise<Partial<Found>> {
  const waitsMs: number[] = []
  const done = Promise.withResolvers<void>()
  await subject.work(10, ({ at }) => {
    waitsMs.push(performance.now() - at)
    if (waitsMs.length === warmUp + count) done.resolve()
  })
  for (let n = 0; n < warmUp + count; n++) {
    await subject.push(payload())
    await pause(gapMs)
  }
  await done.promise
  const sorted = waitsMs.slice(warmUp).sort((a, b) => a - b)
  const share = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? null
  return { p50Ms: share(0.5), p99Ms: share(0.99) }
}

async function idle(subject: Subject): Promise<Partial<Found>> {
  await subject.work(1, () => undefined)
  await pause(settleMs)
  return { residentMb: process.memoryUsage.rss() / 1_048_576 }
}

/** Loaded where it is asked for: an idle worker's memory is to be its own. */
async function processorTimes(): Promise<ProcessorTimes> {
  const { ProcessorTimes } = await import('./processor-times.ts')
  return new ProcessorTimes(plan.redisPort)
}

/** Begins to measure; what it gives ends it, and says what so many jobs took. */
function span(
  count: number,
  times: ProcessorTimes,
  before: ProcessorTime | Promise<ProcessorTime>,
): () => Promise<Partial<Found>> {
  const startedMs = performance.now()
  return async () => {
    const tookMs = performance.now() - startedMs
    const [from, to] = await Promise.all([before, times.read()])
    times.close()
    return {
      jobsPerSecond: count / (tookMs / 1_000),
      redisCpuUs: (to.redisUs - from.redisUs) / count,
      clientCpuUs: (to.clientUs - from.clientUs) / count,
    }
  }
}

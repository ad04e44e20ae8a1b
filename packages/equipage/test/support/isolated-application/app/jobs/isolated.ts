import { existsSync } from 'node:fs'
import { z } from 'zod'
import { DoNotRetry, defineJob, Release } from '../../../../../src/job/index.ts'

/** Runs in the process of the worker. */
export const child = defineJob({
  name: 'child',
  payload: z.object({ n: z.int() }),
  run: ({ payload, parent }) => ({ pid: process.pid, n: payload.n, parent }),
})

/** Fails at its first attempt, with a part done. */
export const twice = defineJob({
  name: 'twice',
  isolate: true,
  attempts: 2,
  backoff: { type: 'fixed', delay: '10ms' },
  tags: ['mine'],
  payload: z.object({ day: z.iso.date().transform(text => new Date(text)) }),
  async run({ payload, attempt, tags, tick, checkpoint, push, progress }) {
    const first = await checkpoint('first', () => ({ attempt }))
    if (attempt === 1) throw new TypeError('no luck', { cause: new Error('the reason') })
    progress({ done: 1, total: 2 })
    const { name } = await push(child, { n: 1 }, { priority: 1 })
    const day = payload.day.getUTCFullYear()
    return { pid: process.pid, first, attempt, tags, tick: tick ?? null, day, pushed: name }
  },
})

/** Takes its process down with it at its first attempt. */
export const exiting = defineJob({
  name: 'exiting',
  isolate: true,
  attempts: 2,
  backoff: { type: 'fixed', delay: '10ms' },
  run({ attempt }) {
    if (attempt === 1) process.exit(0)
    return process.pid
  },
})

/** Goes back once, and then fails for good. */
export const decided = defineJob({
  name: 'decided',
  isolate: true,
  attempts: 5,
  async run({ checkpoint, attempt }) {
    let again = false
    await checkpoint('released', () => {
      again = true
    })
    if (again) throw new Release('20ms', 'not yet')
    throw new DoNotRetry(`it is gone at attempt ${attempt}`)
  },
})

/** Holds up the event loop of its process until a file is there. */
export const blocking = defineJob({
  name: 'blocking',
  isolate: true,
  payload: z.object({ until: z.string() }),
  run({ payload, progress }) {
    progress(0)
    const cell = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(payload.until)) Atomics.wait(cell, 0, 0, 20)
  },
})

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { Equipage, runtimeOf } from 'equipage'
import { defineConfig } from 'equipage/config'
import { startRedis } from '../../../packages/equipage/test/support/redis.ts'
import { processesIn, type Running } from '../../support/application.ts'
import { type Note, Notes } from './notes.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

/** An application whose jobs write down what they do, over a Redis of its own. */
export interface WorkingApplication {
  /** Starts `queues.ts`. */
  work(args?: readonly string[], env?: Record<string, string>): Running
  /** Runs an `equipage` command, and gives its JSON. */
  ask(...args: string[]): Promise<unknown>
  /** Pushes a job once for each number. */
  push(name: string, numbers: readonly number[]): Promise<void>
  /** What the jobs have written so far, in its order. */
  notes(job?: string): Note[]
  /** Tells the jobs that ask for it that something has happened. */
  tell(word: string): void
  /** The application in this process. */
  readonly app: Equipage
  /** Its Redis. */
  readonly redis: { readonly host: string; readonly port: number }
}

const jobs = `
  import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
  import { setTimeout as pause } from 'node:timers/promises'
  import { defineGroup, defineJob } from 'equipage'
  import { z } from 'zod'

  // One write to a file that is opened to append to: lines of several processes do not mix.
  export const note = ({ name: job, jobId: id, payload: { n } }, what) =>
    appendFileSync('notes.jsonl', JSON.stringify({ job, n, id, pid: process.pid, what }) + '\\n')
  export const told = word => existsSync('told-' + word)
  export const first = name => {
    if (existsSync('first-' + name)) return false
    writeFileSync('first-' + name, '')
    return true
  }
  export const job = (name, work, options = {}) =>
    defineJob({
      name,
      payload: z.object({ n: z.number() }),
      ...options,
      async run(context) {
        note(context, 'began')
        await work(context)
        note(context, 'ended')
      },
    })
  export const untilTold = async (word, signal) => {
    while (!told(word)) await pause(20, undefined, { signal })
  }

  export const quick = job('quick', () => {})
  export const short = job('short', () => pause(30))
  /** Writes down of each part that it runs, and that its checkpoint is stored. */
  export const parted = job('parted', async context => {
    for (const part of ['a', 'b', 'c']) {
      await context.checkpoint(part, async () => {
        note(context, 'ran ' + part)
        await pause(10)
      })
      note(context, 'stored ' + part)
    }
  })
  export const single = job('single', () => pause(30), { queue: 'others', unique: true })
  export const other = job('other', () => {}, { queue: 'others' })
  export const patient = job('patient', ({ signal }) => untilTold('go', signal))
  export const standing = job('standing', ({ signal }) => untilTold('go', signal), { queue: 'others' })
  /** Ends its process the first time. */
  export const exiting = job('exiting', async () => {
    if (!first('exiting')) return
    await untilTold('exit')
    process.exit(0)
  })
  /** Ends its process every time. */
  export const fatal = job('fatal', () => process.exit(0))
  /** Fills the heap of its process the first time. */
  export const exhausting = job('exhausting', async () => {
    if (!first('exhausting')) return
    await untilTold('exhaust')
    const kept = []
    for (;;) kept.push(new Array(10_000).fill({}))
  })
  /** Neither ends nor heeds its signal at the first attempt. */
  export const deaf = job(
    'deaf',
    ({ attempt }) => (attempt > 1 ? undefined : untilTold('never')),
    { timeout: '200ms', attempts: 2, backoff: { type: 'fixed', delay: 0 } },
  )
  export const endless = job('endless', () => untilTold('never'))
  export const rejecting = job('rejecting', () => {
    void Promise.reject(new Error('nobody waits for this'))
  })
  /** Holds up its process the first time, until it is told. */
  export const blocking = job('blocking', async () => {
    if (!first('blocking')) return
    await untilTold('block')
    while (!told('unblock')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  })
  /** Ends its process at once, the first time that it comes to a place. */
  const fall = place => {
    if (first(place)) process.kill(process.pid, 'SIGKILL')
  }
  const falling = job('falling', ({ payload: { n } }) => fall('member ' + n))
  const summing = defineJob({
    name: 'summing',
    payload: z.object({ n: z.number(), found: z.number() }),
    run: context => note(context, 'found ' + context.payload.found),
  })
  /** Falls while its members are made, while each of them runs, and before its last job is pushed. */
  export const mortal = defineGroup({ name: 'mortal', payload: z.object({ n: z.number() }) })
    .each('members', falling, ({ n }) => {
      fall('spread ' + n)
      return [{ n }, { n: n + 100 }, { n: n + 200 }]
    })
    .andThen(summing, ({ members }, { n }) => {
      fall('last ' + n)
      return { n, found: members.length }
    })
  const leaked = []
  export const leaking = job('leaking', () => {
    leaked.push(Buffer.alloc(150_000_000, 1))
  })
`

function files(port: number): Record<string, string> {
  const settings = ['QUEUE_CONNECTION=redis', `REDIS_PORT=${port}`, 'LOG_FORMAT=json']
  return {
    'package.json': '{ "name": "working", "type": "module" }',
    '.env': `${settings.join('\n')}\n`,
    'queues.ts':
      "import { launch } from 'equipage/launch'\nawait launch('queues', () => import('./app/index.ts'))\n",
    'app/index.ts': `
      import { Equipage } from 'equipage'
      import { defineConfig } from 'equipage/config'
      export class App extends Equipage {
        static override config = defineConfig({})
      }
      export const createApp = () => App.make(process.cwd())
    `,
    'app/jobs/all.ts': jobs,
    'notes.jsonl': '',
  }
}

class View extends Equipage {
  static override config = defineConfig({})
}

/**
 * Writes the application into a folder of its own, and starts its Redis.
 * @param more files beside its own, by their paths
 */
export async function workingApplication(
  test: TestContext,
  more: Record<string, string> = {},
): Promise<WorkingApplication> {
  const redis = await startRedis()
  const folder = mkdtempSync(join(tmpdir(), 'equipage-working-'))
  const write = (path: string, source: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  for (const [path, source] of Object.entries({ ...files(redis.port), ...more }))
    write(path, source)
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  // Before the hook below, so that the processes end before their Redis does.
  const { start } = processesIn(test, folder)
  const notes = new Notes(join(folder, 'notes.jsonl'))
  const app = View.make(folder, { env: { LOG_CHANNEL: 'null' } })
  test.after(async () => {
    await app.dispose()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    app,
    redis,
    work: (args = [], env = {}) => start(['queues.ts', ...args], env),
    async ask(...args) {
      const asked = start(['node_modules/equipage/bin/equipage.js', ...args, '--json'], {
        LOG_CHANNEL: 'null',
      })
      const code = await asked.ended
      if (code !== 0)
        throw new Error(`equipage ${args.join(' ')} ended with ${code}: ${asked.output()}`)
      return JSON.parse(asked.output())
    },
    async push(name, numbers) {
      const definition = (await runtimeOf(app).jobs).resolve(name)
      await Promise.all(numbers.map(n => app.queue.push(definition, { n })))
    },
    notes(job) {
      const all = notes.all()
      return job === undefined ? [...all] : all.filter(note => note.job === job)
    },
    tell: word => write(`told-${word}`, ''),
  }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import type { App as RegisteredApp } from '../../../app/index.ts'
import type { Config, Values } from '../src/config/index.ts'
import { defineConfig, format } from '../src/config/index.ts'
import {
  type AppEvents,
  type ChainDefinition,
  DoNotRetry,
  defineChain,
  defineGroup,
  defineJob,
  defineQueue,
  Equipage,
  EquipageScheduler,
  type EventSource,
  type GroupDefinition,
  type JobContext,
  type JobDefinition,
  type JobEnd,
  type JobMiddleware,
  type JobTick,
  type Json,
  type ParentMetadata,
  type Queue,
  type Receipt,
  Release,
  type RunOutcome,
  type SkipReason,
  systemClock,
  type TickContext,
  type Timetable,
} from '../src/index.ts'

// What is written here is never run: the compiler reads it, and `tsc -p .` fails where a line
// that is marked as an error compiles, or one that is not marked does not.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void => undefined

const report = defineJob({
  name: 'report',
  payload: z.object({ id: z.number(), limit: z.number().default(10) }),
  run: ({ payload, attempt, signal, tick }) => {
    same<typeof tick, JobTick | undefined>()
    same<typeof payload, { id: number; limit: number }>()
    same<typeof attempt, number>()
    same<typeof signal, AbortSignal>()
    return { rows: payload.limit, title: 'Report' }
  },
})
const bare = defineJob({ name: 'bare', run: async () => 'done' })
const optional = defineJob({
  name: 'optional',
  payload: z.object({ limit: z.number().default(10) }),
  run: ({ payload }) => payload.limit,
})
const day = defineChain({ name: 'day', start: report })
  .andThen(optional, ({ rows }) => ({ limit: rows }))
  .andThen(bare, limit => (limit > 1 ? {} : undefined))

const config = defineConfig({
  shop: {
    open: { doc: 'Open?', format: format.bool(), default: true, env: 'SHOP_OPEN' },
    kind: { doc: 'Kind.', format: format.oneOf('corner', 'chain'), default: 'corner' },
    motto: { doc: 'Said.', format: format.text(), default: null, nullable: true },
    shelf: { wide: { doc: 'Metres.', format: format.int(1, 9), default: 2 } },
  },
})

class Till {
  readonly #day = 'monday'
  sold = 0

  sell(id: number): string {
    return `${this.#day} ${id}`
  }
}

class Shop extends Equipage<typeof config> {
  static override config = config

  get till() {
    return this.service('till', () => new Till())
  }

  get ledger() {
    return this.service('ledger', async () => [this.till.sold])
  }

  get label(): string {
    same<typeof kind, 'corner' | 'chain'>()
    const kind = this.config.get('shop.kind')
    return kind
  }

  rates(): Promise<number> {
    return Promise.resolve(1)
  }
}

class ShopScheduler extends EquipageScheduler<Shop> {
  override register() {
    this.schedule
      .every()
      .day.when(({ app }) => app.till.sold > 0)
      .push(bare)
  }
}

/** Never called. */
const written = {
  pushes(queue: Queue, at: Date) {
    void queue.push(report, { id: 1 })
    void queue.push(report, { id: 1, limit: 2 }, { priority: 1 })
    void queue.push(bare)
    void queue.push(bare, {}, { priority: 1 })
    void queue.push(bare, {}, { unique: 'key', tags: ['a'] })
    // @ts-expect-error a push names its key
    void queue.push(bare, {}, { unique: true })
    void queue.push(optional)
    void queue.push(day, { id: 1 })
    void queue.pushMany(report, [{ id: 1 }, { id: 2, limit: 3 }])
    void queue.pushIn('10m', bare)
    void queue.pushAt(at, report, { id: 1 })
    // @ts-expect-error a payload is missing
    void queue.push(report)
    // @ts-expect-error a field is missing
    void queue.push(report, {})
    // @ts-expect-error a field of another type
    void queue.push(report, { id: '1' })
    // @ts-expect-error a field too many
    void queue.push(report, { id: 1, other: 2 })
    // @ts-expect-error a payload for a job that takes none
    void queue.push(bare, { id: 1 })
    // @ts-expect-error a field of another type, where the payload may be left out
    void queue.push(optional, { limit: '10' })
    // @ts-expect-error a chain takes what its first job takes
    void queue.push(day, { limit: 1 })
    // @ts-expect-error one payload of many is wrong
    void queue.pushMany(report, [{ id: 1 }, { id: '2' }])
    // @ts-expect-error a wrong payload for later
    void queue.pushIn('10m', report, { id: '1' })
    // @ts-expect-error a moment is a Date
    void queue.pushAt('2026-12-01', bare)
    // @ts-expect-error no such option
    void queue.push(bare, {}, { prority: 1 })
    // @ts-expect-error not by its name alone: the types would be gone
    void queue.push('report', { id: 1 })
  },

  async results(queue: Queue) {
    const receipt = await queue.push(report, { id: 1 })
    same<typeof receipt, Receipt<{ rows: number; title: string }>>()
    const { result } = receipt
    same<typeof result, { rows: number; title: string } | undefined>()
    same<Awaited<ReturnType<typeof written.pushBare>>, Receipt<string>>()
    const [many] = await queue.pushMany(optional, [{}])
    same<typeof many, Receipt<number> | undefined>()
    const chain = await queue.push(day, { id: 1 })
    same<typeof chain.result, string | undefined>()
    // @ts-expect-error a result has no such field
    void result?.lines
  },
  pushBare: (queue: Queue) => queue.push(bare),

  groups(queue: Queue, timetable: Timetable) {
    const all = defineGroup({ name: 'all', payload: z.object({ day: z.string() }) })
      .with('one', report, ({ day }) => ({ id: day.length }))
      .each('many', optional, async () => [{}, { limit: 3 }])
      .with('maybe', report, () => ({ id: 1 }), { onFailure: 'continue' })
      .each('some', bare, () => [{}], { onFailure: 'continue' })
    const whole = all.andThen(optional, (results, input) => {
      same<
        typeof results,
        {
          one: { rows: number; title: string }
          many: number[]
          maybe: JobEnd<{ rows: number; title: string }>
          some: JobEnd<string>[]
        }
      >()
      same<typeof input, { day: string }>()
      return { limit: results.one.rows }
    })
    same<typeof whole, GroupDefinition<{ day: string }, number>>()
    same<Awaited<ReturnType<typeof pushed>>, Receipt<number>>()
    const pushed = () => queue.push(whole, { day: 'monday' })
    timetable.every().day.push(whole, { day: 'monday' })
    timetable.every().day.push(whole, tick => ({ day: String(tick.scheduledFor) }))
    // @ts-expect-error a group takes its own payload
    void queue.push(whole, { id: 1 })
    // @ts-expect-error so does one that a schedule pushes
    timetable.every().day.push(whole, { id: 1 })
    // @ts-expect-error the payload of the group has no such field
    all.with('other', report, ({ week }) => ({ id: week }))
    // @ts-expect-error the job needs another type
    all.with('other', report, ({ day }) => ({ id: day }))
    // @ts-expect-error one payload where there is a list
    all.each('other', report, () => ({ id: 1 }))
    // @ts-expect-error a list where there is one payload
    all.with('other', report, () => [{ id: 1 }])
    // @ts-expect-error no member has this key
    all.andThen(bare, ({ other }) => (other ? {} : undefined))
    // @ts-expect-error where the group goes on after a failure there may be no result
    all.andThen(optional, ({ maybe }) => ({ limit: maybe.rows }))
    // @ts-expect-error the last job needs another type
    all.andThen(optional, ({ one }) => ({ limit: one.title }))
    // @ts-expect-error behind its last job a group takes no more members
    void whole.with
    // @ts-expect-error a chain is no member
    all.with('chain', day, () => ({ id: 1 }))
    // @ts-expect-error no such policy
    all.with('other', bare, () => ({}), { onFailure: 'ignore' })
  },

  handOvers() {
    const start = defineChain({ name: 'other', start: report })
    // @ts-expect-error the next job needs another type
    start.andThen(optional, ({ title }) => ({ limit: title }))
    // @ts-expect-error the result before it has no such field
    start.andThen(optional, ({ lines }) => ({ limit: lines }))
    // @ts-expect-error the next job needs a field
    start.andThen(report, () => ({}))
    // @ts-expect-error how the payload is made is missing
    start.andThen(bare)
    const goingOn = start.andThen(
      optional,
      before => {
        same<typeof before, JobEnd<{ rows: number; title: string }>>()
        return { limit: before.state === 'completed' ? before.result.rows : 0 }
      },
      { onFailure: 'continue' },
    )
    same<typeof goingOn, ChainDefinition<{ id: number; limit?: number | undefined }, number>>()
    // @ts-expect-error where the chain goes on after a failure there may be no result
    start.andThen(optional, ({ rows }) => ({ limit: rows }), { onFailure: 'continue' })
    // @ts-expect-error no such policy
    start.andThen(bare, () => ({}), { onFailure: 'ignore' })
    // @ts-expect-error a chain is no job, so nothing starts with it
    defineChain({ name: 'nested', start: day })
  },

  hooks(schedule: Timetable<string>) {
    schedule
      .daily()
      .before(tick => same<typeof tick, TickContext<string>>())
      .after((_tick, outcome) => same<typeof outcome, RunOutcome>())
      .onFailure((_tick, outcome) => (outcome.ok ? undefined : outcome.error.message))
      .push(bare)
      .onSkip((_tick, reason) => same<typeof reason, SkipReason>())
      .thenPing(new URL('https://ping.example'))
    // @ts-expect-error a hook is a function
    schedule.daily().onSuccess('done')
    // @ts-expect-error what is called before a run knows no outcome
    schedule.daily().before((_tick, outcome) => outcome)
    // @ts-expect-error an error is there only where the run failed
    schedule.daily().after((_tick, outcome) => outcome.error)
    // @ts-expect-error an address is a text or a URL
    schedule.daily().pingBefore(7)
  },

  async context({ push, checkpoint, parent, name }: JobContext<unknown>) {
    same<typeof parent, ParentMetadata | undefined>()
    same<typeof name, string>()
    const receipt = await push(report, { id: 1 }, { priority: 1 })
    same<typeof receipt, Receipt<{ rows: number; title: string }>>()
    void push(bare)
    // @ts-expect-error a child's payload is missing
    void push(report)
    // @ts-expect-error a field of a child's payload is of another type
    void push(report, { id: '1' })
    const rows = await checkpoint('rows', async () => ({ count: 1 }))
    same<typeof rows, { count: number }>()
    // @ts-expect-error a part has a name
    void checkpoint(() => 1)
    // @ts-expect-error a part is a function
    void checkpoint('rows', 1)
  },

  events(events: EventSource<AppEvents>) {
    const off = events.on('job:completed', event => {
      same<typeof event.result, Json>()
      same<typeof event.durationMs, number>()
      // @ts-expect-error what has completed has no error
      return event.error
    })
    same<typeof off, () => void>()
    events.on('job:failed', ({ error }) => same<typeof error, Error>())
    events.on('job:retrying', ({ delayMs, attempt }) => delayMs + attempt)
    events.on('job:stalled', ({ id, queue }) => id + queue)
    events.on('tick:failed', ({ error }) => same<typeof error, Error | null>())
    events.on('tick:missed', ({ first, count }) => first.getTime() + count)
    events.on('worker:stopping', ({ why }) =>
      same<typeof why, 'jobs' | 'memory' | 'empty' | 'told'>(),
    )
    // @ts-expect-error a missed tick has no reason
    events.on('tick:missed', ({ reason }) => reason)
    // @ts-expect-error no event of that name
    events.on('job:complete', () => undefined)
    // @ts-expect-error a started job has no result yet
    events.on('job:started', ({ result }) => result)
    // @ts-expect-error a listener is a function
    events.on('job:started', 'listener')
  },

  middleware() {
    const layer: JobMiddleware = async (context, next) => [context.name, await next()]
    defineJob({ name: 'x', middleware: [layer], run: () => 1 })
    // @ts-expect-error a list of them
    defineJob({ name: 'x', middleware: layer, run: () => 1 })
    // @ts-expect-error next takes nothing
    const wrong: JobMiddleware = (_, next) => next(1)
    return wrong
  },

  failures() {
    const run = () => Promise.reject(new DoNotRetry('gone', { cause: new Release('10m', 'later') }))
    defineJob({ name: 'x', backoff: ['1s', '1m'], retryUntil: '2h', run: () => 1 })
    defineJob({ name: 'x', backoff: (attempt, { message }) => message.length * attempt, run })
    // @ts-expect-error a wait is a duration
    defineJob({ name: 'x', backoff: () => true, run })
    // @ts-expect-error a time is a duration
    defineJob({ name: 'x', retryUntil: new Date(), run })
    // @ts-expect-error for how long is missing
    return new Release()
  },

  definitions() {
    // @ts-expect-error a job has a name
    defineJob({ run: () => 1 })
    // @ts-expect-error a backoff of no known type
    defineJob({ name: 'x', backoff: { type: 'linear', delay: 1 }, run: () => 1 })
    // @ts-expect-error a payload is a schema
    defineJob({ name: 'x', payload: { id: Number }, run: () => 1 })
    const payload = z.object({ id: z.number() })
    // @ts-expect-error the payload has no such field
    defineJob({ name: 'x', payload, run: ({ payload }) => payload.no })
    const queue = defineQueue({ name: 'api', concurrency: 2, rateLimit: { max: 1, per: '1s' } })
    defineJob({ name: 'x', queue, payload, unique: true, run: () => 1 })
    const keyed = defineJob({
      name: 'x',
      payload: z.object({ id: z.number(), of: z.string().default('all') }),
      unique: { for: '1m', key: ({ id, of }) => `${id} of ${of}` },
      run: ({ payload, tags }) => {
        same<typeof payload, { id: number; of: string }>()
        same<typeof tags, readonly string[]>()
      },
    })
    same<
      typeof keyed,
      JobDefinition<{ id: number; of?: string | undefined }, { id: number; of: string }, void>
    >()
    defineJob({ name: 'x', payload, throttle: { for: '1m', key: p => String(p.id) }, run: () => 1 })
    defineJob({ name: 'x', payload, debounce: '5s', tags: ['a'], run: () => 1 })
    // @ts-expect-error the payload of the key has no such field
    defineJob({ name: 'x', payload, unique: { key: p => p.no }, run: () => 1 })
    // @ts-expect-error a key is a text
    defineJob({ name: 'x', payload, throttle: { for: 1, key: p => p.id }, run: () => 1 })
    // @ts-expect-error a throttle has a time
    defineJob({ name: 'x', payload, throttle: { key: () => 'a' }, run: () => 1 })
    // @ts-expect-error unique is not switched off: it is left out
    defineJob({ name: 'x', unique: false, run: () => 1 })
    // @ts-expect-error a rate has a time
    defineQueue({ name: 'api', rateLimit: { max: 1 } })
    // @ts-expect-error a job is no queue
    defineJob({ name: 'x', queue: keyed, run: () => 1 })
  },

  replacing(app: Shop) {
    app.replace('clock', systemClock)
    app.replace('random', () => 0.5)
    app.replace('till', { sell: (id: number) => `${id}`, sold: 1 })
    app.replace('rates', async () => 2)
    app.replace('label', 'closed')
    app.replace('ledger', Promise.resolve([1]))
    // @ts-expect-error no service of this name
    app.replace('clokc', systemClock)
    // @ts-expect-error a clock has timers too
    app.replace('clock', { now: () => 1 })
    // @ts-expect-error a till sells
    app.replace('till', { sold: 1 })
    // @ts-expect-error a till sells by number
    app.replace('till', { sell: (id: string) => id, sold: 1 })
    // @ts-expect-error rates are awaited
    app.replace('rates', () => 2)
    // @ts-expect-error a label is a text
    app.replace('label', 7)
    // @ts-expect-error what the framework does with services is not replaced
    app.replace('dispose', async () => undefined)
    // @ts-expect-error neither is the configuration
    app.replace('config', app.config)
    // @ts-expect-error services of the application are made by itself
    app.service('till', () => 1)
  },

  inCode() {
    const api = defineQueue({ name: 'api' })
    const all = defineGroup({ name: 'all' }).with('one', bare, () => ({}))
    class Open extends Shop {
      static override jobs = [report, day, all, api]
      static override scheduler = ShopScheduler
    }
    same<Open['till'], Till>()
    // @ts-expect-error a function is no job
    class WithFunction extends Shop {
      static override jobs = [bare, () => 1]
    }
    // @ts-expect-error a class of another kind
    class WithTill extends Shop {
      static override scheduler = Till
    }
    // @ts-expect-error a schema has to be given to defineConfig
    class WithSchema extends Shop {
      static override config = { shop: {} }
    }
    return [Open, WithFunction, WithTill, WithSchema]
  },

  registered(scheduler: EquipageScheduler) {
    defineJob({ name: 'x', run: ({ app }) => same<typeof app, RegisteredApp>() })
    same<JobContext<unknown>['app'], RegisteredApp>()
    same<typeof scheduler.app, RegisteredApp>()
    same<typeof scheduler.config, RegisteredApp['config']>()
    // @ts-expect-error the registered application has no such service
    defineJob({ name: 'x', run: ({ app }) => app.till })
  },

  settings(app: Config<typeof config.schema>) {
    same<typeof kind, 'corner' | 'chain'>()
    const kind = app.get('shop.kind')
    const motto = app.get('shop.motto')
    same<typeof motto, string | null>()
    const wide = app.get('shop.shelf.wide')
    same<typeof wide, number>()
    const connection = app.get('queue.connection')
    same<typeof connection, 'sync' | 'redis'>()
    const shelf = app.get('shop.shelf')
    same<typeof shelf, Values<(typeof config.schema)['shop']['shelf']>>()
    // @ts-expect-error no such setting
    app.get('shop.closed')
    // @ts-expect-error misspelt
    app.get('queue.conection')
    // @ts-expect-error nothing is below a setting
    app.get('shop.open.value')
    // @ts-expect-error a value of another type
    const text: string = app.get('shop.shelf.wide')
    // @ts-expect-error nothing is changed after it was read
    app.get('shop.shelf').wide = 3
    return text
  },
}

describe('the types', () => {
  it('are checked by the compiler, in the functions above', () => {
    const names = [
      'pushes',
      'results',
      'pushBare',
      'groups',
      'handOvers',
      'hooks',
      'context',
      'events',
      'middleware',
      'failures',
      'definitions',
      'replacing',
      'inCode',
      'registered',
      'settings',
    ]
    assert.deepEqual(Object.keys(written), names)
    const jobs: JobDefinition[] = [report, bare, optional]
    assert.equal(jobs.length, 3)
    assert.equal(day.links.length, 3)
  })
})

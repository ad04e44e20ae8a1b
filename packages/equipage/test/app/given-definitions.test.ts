import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type AppOptions, Equipage, runtimeOf } from '../../src/app/index.ts'
import {
  defineChain,
  defineGroup,
  defineJob,
  defineQueue,
  EquipageScheduler,
} from '../../src/index.ts'
import { temporaryApp } from '../support/temporary-app.ts'

const jobNamed = (name: string) => defineJob({ name, run: () => name })

const foundJob = (name: string) => `
  import { defineJob } from 'equipage'
  export const job = defineJob({ name: '${name}', run: () => null })
`
const foundScheduler = `
  import { EquipageScheduler } from 'equipage'
  export class Scheduler extends EquipageScheduler {
    register() {
      this.schedule.every().hour.name('from the file').do(() => {})
    }
  }
`

type AppClass = new (basePath: string, options?: AppOptions) => Equipage

function runtimeIn(t: TestContext, App: AppClass, files: Record<string, string> = {}) {
  const app = new App(temporaryApp(t, { files }), { env: { LOG_CHANNEL: 'null' } })
  t.after(() => app.dispose())
  return runtimeOf(app)
}

describe('jobs that an application names in code', () => {
  it('are known with the jobs that they are made of and the queues that they wait in', async t => {
    const [one, member, last] = ['one', 'member', 'last'].map(jobNamed) as [
      ReturnType<typeof jobNamed>,
      ReturnType<typeof jobNamed>,
      ReturnType<typeof jobNamed>,
    ]
    const slow = defineQueue({ name: 'slow', concurrency: 2 })
    const waiting = defineJob({ name: 'waiting', queue: slow, run: () => null })
    const chain = defineChain({ name: 'chain', start: one }).andThen(last, () => ({}))
    const group = defineGroup({ name: 'group' }).with('m', member, () => ({}))
    class App extends Equipage {
      static override jobs = [waiting, chain, group, defineQueue({ name: 'rare', concurrency: 1 })]
    }
    const jobs = await runtimeIn(t, App).jobs
    assert.deepEqual(jobs.names(), ['chain', 'group', 'last', 'member', 'one', 'waiting'])
    assert.deepEqual(jobs.queues(), ['default', 'rare', 'slow'])
    assert.equal(jobs.limits('slow').concurrency, 2)
    assert.equal(jobs.limits('rare').concurrency, 1)
  })

  it('stand beside those that are found in files', async t => {
    class App extends Equipage {
      static override jobs = [jobNamed('given')]
    }
    const { jobs } = runtimeIn(t, App, { 'app/jobs/found.ts': foundJob('found') })
    assert.deepEqual((await jobs).names(), ['found', 'given'])
  })

  it('are pushed and run', async t => {
    const given = jobNamed('given')
    class App extends Equipage {
      static override jobs = [given]
    }
    const { queue } = runtimeIn(t, App)
    const { state, result } = await queue.push(given)
    assert.deepEqual([state, result], ['completed', 'given'])
  })

  it('may be asked for late, and added to by a class that extends the application', async t => {
    class App extends Equipage {
      static override get jobs() {
        return [late]
      }
    }
    class More extends App {
      static override get jobs() {
        return [...App.jobs, jobNamed('more')]
      }
    }
    const late = jobNamed('late')
    assert.deepEqual((await runtimeIn(t, More).jobs).names(), ['late', 'more'])
  })

  it('are refused where a file has another one of the name', async t => {
    class App extends Equipage {
      static override jobs = [jobNamed('same')]
    }
    const { jobs } = runtimeIn(t, App, { 'app/jobs/a.ts': foundJob('same') })
    await assert.rejects(jobs, {
      code: 'E_DUPLICATE_JOB',
      message: `two definitions are named "same": static jobs of App and ${join('app', 'jobs', 'a.ts')}; rename one of them`,
    })
  })

  for (const [given, message] of [
    [
      [jobNamed('one'), { name: 'two' }],
      /^App, static jobs\[1\]: expected what defineJob, .* gave, got \{ name: 'two' \}$/,
    ],
    [[undefined], /^App, static jobs\[0\]: expected .*, got undefined$/],
    [
      { one: jobNamed('one') },
      /^App, static jobs: expected a list such as \[greet, nightly\], got /,
    ],
  ] as const) {
    it(`are refused when they are none: ${message}`, async t => {
      class App extends Equipage {
        static override jobs = given as never
      }
      await assert.rejects(runtimeIn(t, App).jobs, { code: 'E_BAD_OPTION', message })
    })
  }
})

describe('the scheduler that an application names in code', () => {
  class Scheduler extends EquipageScheduler<Equipage> {
    override register() {
      this.schedule
        .every()
        .hour.name(this.app.config.get('app.name'))
        .do(() => undefined)
    }
  }

  it('is given the application, and comes before that of a file', async t => {
    class App extends Equipage {
      static override scheduler = Scheduler
    }
    const runtime = runtimeIn(t, App, { 'app/scheduler.ts': foundScheduler })
    const { timetable, app } = await runtime.requiredScheduler()
    assert.equal(app, runtime.app)
    assert.deepEqual(
      timetable.schedules.map(({ name }) => name),
      ['equipage'],
    )
  })

  it('is that of the file where none is named', async t => {
    const runtime = runtimeIn(t, Equipage, { 'app/scheduler.ts': foundScheduler })
    const { timetable } = await runtime.requiredScheduler()
    assert.deepEqual(
      timetable.schedules.map(({ name }) => name),
      ['from the file'],
    )
  })

  for (const given of [
    class {},
    () => 1,
    { prototype: Scheduler.prototype },
    null,
    EquipageScheduler.name,
  ]) {
    it(`is refused when it is ${String(given)}`, async t => {
      class App extends Equipage {
        static override scheduler = given as never
      }
      await assert.rejects(runtimeIn(t, App).scheduler, {
        code: 'E_BAD_OPTION',
        message: /^App, static scheduler: expected a class that extends EquipageScheduler, got /,
      })
    })
  }

  it('is missed where it is needed and there is none, with both ways to give one', async t => {
    await assert.rejects(runtimeIn(t, Equipage).requiredScheduler(), {
      code: 'E_NO_SCHEDULER',
      message:
        /scheduler\.ts is not there, .* or name one by `static scheduler` of the application's class$/,
    })
  })
})

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { Equipage } from 'equipage'
import { defineConfig } from 'equipage/config'
import { type Application, processesIn } from '../../support/application.ts'

const repository = join(import.meta.dirname, '..', '..', '..')

/** One execution of a job, as the worker wrote it down. Times are epoch milliseconds. */
export interface Run {
  readonly schedule: string
  /** The tick. */
  readonly tick: number
  readonly jobId: string
  /** When it ran, by the machine's clock. */
  readonly at: number
  /** What the schedule's payload says; null where it has none. */
  readonly release: string | null
}

/** An application whose one job writes down every run of it, and whose processes tests may kill. */
export interface TickingApplication extends Application {
  /** What the workers have written so far, in its order. */
  runs(schedule?: string): Run[]
  /** The application in this process, to look at what it has stored. */
  view(env: Record<string, string>): Equipage
}

/** `steady` fires every second and makes up for whatever it missed. */
const steadyScheduler = `
  import { EquipageScheduler } from 'equipage'
  import { note } from './jobs/note.ts'
  export class Scheduler extends EquipageScheduler {
    override register() {
      this.schedule.every(1).second.name('steady').misfire('all').push(note)
    }
  }
`

const files = {
  'package.json': '{ "name": "ticking", "type": "module" }',
  'scheduler.ts': entry('scheduler'),
  'queues.ts': entry('queues'),
  'app/index.ts': `
    import { Equipage, systemClock } from 'equipage'
    import { defineConfig } from 'equipage/config'
    export class App extends Equipage {
      static override config = defineConfig({})
    }
    // The machine's clock as it is on a machine where it is wrong.
    const skewMs = Number(process.env['SKEW_MS'] ?? 0)
    export const createApp = () => {
      const app = App.make(process.cwd())
      app.replace('clock', { ...systemClock, now: () => Date.now() + skewMs })
      return app
    }
  `,
  'app/jobs/note.ts': `
    import { appendFileSync } from 'node:fs'
    import { defineJob } from 'equipage'
    import { z } from 'zod'
    // One write to a file that is opened to append to: lines of several processes do not mix.
    const write = (tick, jobId, release) => {
      const run = { schedule: tick.schedule, tick: tick.scheduledFor.getTime(), jobId, at: Date.now(), release }
      appendFileSync('runs.jsonl', JSON.stringify(run) + '\\n')
    }
    export const note = defineJob({ name: 'note', run: ({ tick, jobId }) => write(tick, jobId, null) })
    export const noteRelease = defineJob({
      name: 'note-release',
      payload: z.object({ release: z.string() }),
      run: ({ tick, jobId, payload }) => write(tick, jobId, payload.release),
    })
  `,
  'app/scheduler.ts': steadyScheduler,
  'runs.jsonl': '',
}

function entry(role: string): string {
  return `import { launch } from 'equipage/launch'\nawait launch('${role}', () => import('./app/index.ts'))\n`
}

/** Writes the application into a folder of its own. */
export function tickingApplication(test: TestContext): TickingApplication {
  const folder = mkdtempSync(join(tmpdir(), 'equipage-ticking-'))
  const write = (path: string, source: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  for (const [path, source] of Object.entries(files)) write(path, source)
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  const { start } = processesIn(test, folder)
  const views: Equipage[] = []
  test.after(async () => {
    for (const view of views) await view.dispose()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    folder,
    write,
    start,
    runs(schedule = 'steady') {
      // A line that is being written has no end yet.
      const lines = readFileSync(join(folder, 'runs.jsonl'), 'utf8').split('\n').slice(0, -1)
      return lines.map(line => JSON.parse(line) as Run).filter(run => run.schedule === schedule)
    },
    view(env) {
      const view = View.make(folder, { env: { LOG_CHANNEL: 'null', ...env } })
      views.push(view)
      return view
    },
  }
}

class View extends Equipage {
  static override config = defineConfig({})
}

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { suite, type TestContext, test } from 'node:test'
import { temporaryApp } from '../support/temporary-app.ts'

const guide = readFileSync(new URL('../../../../docs/guides/testing.md', import.meta.url), 'utf8')

function sectionOf(heading: string): string {
  const [, section = ''] = guide.split(`\n## ${heading}\n`)
  return section.split('\n## ')[0] ?? ''
}

/** The first code of a section that is indented by four blanks. */
const helper = /\n((?: {4}.*\n|\n)+)/.exec(sectionOf("An application of the test's own"))?.[1] ?? ''

/** The first fenced code of a section. */
function exampleOf(heading: string): string {
  return /\n```ts\n(.*?)\n```\n/s.exec(sectionOf(heading))?.[1] ?? ''
}

/** The application that the guide speaks of. */
const files = {
  'app/index.ts': `
    import { Equipage } from 'equipage'
    import { defineConfig } from 'equipage/config'
    import { rebuildReport } from './jobs/rebuild-report.ts'
    export class App extends Equipage {
      static override config = defineConfig({})
      get till() {
        return { sell: sale => this.queue.pushIn('1h', rebuildReport, sale) }
      }
    }
    export const createApp = (basePath, options) => App.make(basePath, options)
  `,
  'app/jobs/rebuild-report.ts': `
    import { defineJob } from 'equipage'
    import { z } from 'zod'
    export const mailReport = defineJob({
      name: 'report.mail',
      payload: z.object({ title: z.string() }),
      run: () => null,
    })
    export const rebuildReport = defineJob({
      name: 'report.rebuild',
      payload: z.object({ reportId: z.int() }),
      attempts: 3,
      run: async ({ payload, progress, push }) => {
        if (payload.reportId > 1_000) throw new Error('there is no report 1001')
        progress({ done: 1, total: 1 })
        await push(mailReport, { title: 'Sales' })
        return { rows: 40 }
      },
    })
  `,
  'app/scheduler.ts': `
    import { EquipageScheduler } from 'equipage'
    import { rebuildReport } from './jobs/rebuild-report.ts'
    export class Scheduler extends EquipageScheduler {
      override register() {
        this.schedule.every().day.at('03:00').push(rebuildReport, { reportId: 7 })
      }
    }
  `,
  'test/support/test-app.ts': helper.replace('../app/index.ts', '../../app/index.ts'),
}

/** Runs the example of a section as a test file of that application. */
function passes(t: TestContext, heading: string): void {
  const folder = temporaryApp(t, {
    files: { ...files, 'test/example.test.ts': exampleOf(heading) },
  })
  // A runner inside of a runner only reports to it, unless it is told that it stands alone.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const args = ['--test', '--test-reporter=tap', 'test/example.test.ts']
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  assert.match(stdout, /\n# pass [1-9]\n# fail 0\n/, `${stdout}${stderr}`)
}

suite('the examples of the guide to testing, with the helper that it writes', () => {
  test('what was pushed', t => passes(t, 'What was pushed'))
  test('one attempt of a job', t => passes(t, 'One attempt of a job'))
  test('through time', t => passes(t, 'Through time'))
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { plainApp, temporaryApp } from '../support/temporary-app.ts'

const guide = readFileSync(new URL('../../../../docs/guides/testing.md', import.meta.url), 'utf8')

/** The first code after a heading: fenced, or indented by four blanks. */
function codeAfter(heading: string): string {
  const section = guide.slice(guide.indexOf(`\n## ${heading}\n`))
  const fenced = /\n```ts\n(.*?)\n```\n/s.exec(section)?.[1]
  const indented = /\n((?: {4}.*\n|\n)+)/.exec(section)?.[1]
  return (heading === 'Through time' ? fenced : indented) ?? ''
}

test('the example of travelling through time, in an application with the helper of the same guide', t => {
  const example = codeAfter('Through time')
  const helper = codeAfter("An application of the test's own")
  assert.match(example, /assertPushedTimes/)
  const folder = temporaryApp(t, {
    files: {
      'app/index.ts': plainApp,
      'app/jobs/rebuild-report.ts': `
        import { defineJob } from 'equipage'
        import { z } from 'zod'
        const payload = z.object({ reportId: z.int() })
        export const rebuildReport = defineJob({ name: 'report.rebuild', payload, run: () => null })
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
      'test/report.test.ts': example,
    },
  })
  // A runner inside of a runner only reports to it, unless it is told that it stands alone.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const args = ['--test', '--test-reporter=tap', 'test/report.test.ts']
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  assert.match(stdout, /\n# pass 1\n# fail 0\n/, `${stdout}${stderr}`)
})

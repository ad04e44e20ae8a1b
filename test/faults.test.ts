import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { freePort, startRedis } from '../packages/equipage/test/support/redis.ts'
import { copyApplication } from './support/application.ts'

const scheduleFault = (statement: string) => `
import { EquipageScheduler } from 'equipage'
import { inspire } from './jobs/inspire.ts'
export class Scheduler extends EquipageScheduler {
  register() { ${statement} }
}
`

/** What is given, and what the message must name. */
const faults: {
  title: string
  env?: Record<string, string>
  schedule?: string
  file?: [string, string]
  args?: string[]
  says: RegExp[]
}[] = [
  {
    title: 'several wrong variables, all of them at once, secrets masked',
    env: {
      REDIS_PORT: 'six',
      QUEUE_CONNECTION: 'kafka',
      WORKER_CONCURRENCY: '0',
      REDIS_URL: 'http://user:hunter2@host',
    },
    says: [
      /4 faults/,
      /REDIS_PORT in the environment: expected a whole number from 1 to 65535, got 'six'/,
      /QUEUE_CONNECTION .*expected one of sync, redis, got 'kafka'/,
      /WORKER_CONCURRENCY .*got '0'/,
      /REDIS_URL .*\[hidden\]/,
    ],
  },
  {
    title: 'a misspelt variable',
    env: { QUEUE_CONECTION: 'redis' },
    says: [/QUEUE_CONECTION .*did you mean QUEUE_CONNECTION\?/],
  },
  {
    title: 'a misspelt variable in .env',
    file: ['.env', 'LOGLEVEL=debug\n'],
    says: [/LOGLEVEL in \.env.*did you mean LOG_LEVEL\?/],
  },
  {
    title: 'a zone that does not exist',
    env: { SCHEDULER_TIMEZONE: 'Europe/Atlantis' },
    says: [/SCHEDULER_TIMEZONE .*got 'Europe\/Atlantis'/],
  },
  {
    title: 'an hour that does not exist',
    schedule: "this.schedule.every().day.at('25:00').push(inspire)",
    says: [/25:00/],
  },
  {
    title: 'an interval of nothing',
    schedule: 'this.schedule.every(0).minutes.push(inspire)',
    says: [/0/],
  },
  {
    title: 'a schedule in an unknown zone',
    schedule: "this.schedule.every().day.at('03:00', 'Europe/Atlantis').push(inspire)",
    says: [/Europe\/Atlantis/],
  },
  {
    title: 'two schedules of one name',
    schedule:
      'this.schedule.every(1).minute.push(inspire); this.schedule.every(2).minutes.push(inspire)',
    says: [/"inspire"/, /\.name\(/],
  },
  {
    title: 'an overlap policy that does not exist',
    schedule: "this.schedule.every(1).minute.push(inspire).overlap('wait' as never)",
    says: [/E_BAD_TIMING.*overlap\('wait'\) is no such policy/],
  },
  {
    title: 'a log file that cannot be written',
    env: { LOG_CHANNEL: 'single', LOG_FILE: '/etc/passwd/app.log' },
    says: [/E_LOG_FILE.*\/etc\/passwd\/app\.log/],
  },
  {
    title: 'a schedule without a name',
    schedule: 'this.schedule.every(1).minute.do(() => {})',
    says: [/\.name\(/],
  },
  {
    title: 'a job of the same name twice',
    file: [
      'app/jobs/again.ts',
      "import { defineJob } from 'equipage'\nexport const again = defineJob({ name: 'inspire', run: () => 1 })\n",
    ],
    says: [/"inspire"/, /app\/jobs\/again\.ts and app\/jobs\/inspire\.ts/],
  },
  {
    title: 'a file that cannot be loaded',
    file: ['app/jobs/broken.ts', 'this is not TypeScript'],
    says: [/app\/jobs\/broken\.ts cannot be loaded/],
  },
  {
    title: 'a queue that no job waits in',
    args: ['queues.ts', '--queue', 'ingets'],
    says: [/'ingets'; did you mean "ingest"\?/],
  },
  {
    title: 'a wrong option',
    args: ['queues.ts', '--concurrency', 'many'],
    says: [/expected a whole number from 1 to 10000/],
  },
]

suite('a fault of the configuration or of a definition', { concurrency: 4 }, () => {
  for (const { title, env = {}, schedule, file, args = ['scheduler.ts'], says } of faults) {
    test(`${title}: nothing is started, the message names it, and the exit code is 78`, async t => {
      const application = copyApplication(t)
      if (schedule) application.write('app/scheduler.ts', scheduleFault(schedule))
      if (file) application.write(...file)
      const running = application.start(args, env)
      assert.equal(await running.ended, 78, running.output())
      for (const pattern of says) assert.match(running.output(), pattern)
      assert.doesNotMatch(running.output(), /hunter2|\n +at .*\.ts/)
      assert.doesNotMatch(running.output(), /tick fired/)
    })
  }

  test('a database that is away: the message says so, and the exit code is 1, so that a supervisor tries again', async t => {
    const env = { DB_CONNECTION: 'pgsql', DB_PORT: String(await freePort()) }
    const running = copyApplication(t).start(['queues.ts'], env)
    assert.equal(await running.ended, 1, running.output())
    assert.match(running.output(), /E_DATABASE_AWAY: the database does not answer/)
  })

  test('no app/scheduler.ts: scheduler.ts says so', async t => {
    const application = copyApplication(t)
    rmSync(join(application.folder, 'app/scheduler.ts'))
    const running = application.start(['scheduler.ts'])
    assert.equal(await running.ended, 78, running.output())
    assert.match(running.output(), /E_NO_SCHEDULER.*app\/scheduler\.ts/)
  })

  test('a wrong password for Redis: the message names the server and the variable, never the password', async t => {
    const redis = await startRedis({ password: 'right' })
    t.after(() => redis.stop())
    const application = copyApplication(t)
    for (const password of ['hunter2', '']) {
      const env = {
        QUEUE_CONNECTION: 'redis',
        REDIS_PORT: String(redis.port),
        REDIS_PASSWORD: password,
      }
      for (const entry of ['scheduler.ts', 'queues.ts']) {
        const running = application.start([entry], env)
        assert.equal(await running.ended, 78, running.output())
        assert.match(
          running.output(),
          /Redis at 127\.0\.0\.1:\d+ does not let us in .*REDIS_PASSWORD/,
        )
        assert.doesNotMatch(running.output(), /hunter2/)
      }
    }
  })
})

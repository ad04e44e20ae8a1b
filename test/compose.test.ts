import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { frameworkConfig } from 'equipage/config'
import { parse } from 'yaml'
import { eventually } from '../packages/equipage/test/support/eventually.ts'
import { startRedis } from '../packages/equipage/test/support/redis.ts'
import { copyApplication, type Running } from './support/application.ts'

/** The part of a service that these tests read. */
interface Service {
  build?: string
  command: [program: string, ...args: string[]]
  environment: Record<string, string>
  volumes: string[]
  user?: string
  healthcheck: { test: ['CMD' | 'CMD-SHELL', ...string[]] }
  depends_on?: Record<string, { condition: string }>
  stop_grace_period: string
}

const repository = join(import.meta.dirname, '..')
const password = 'a password of these tests'
const { redis, scheduler, queues } = readServices()

test('the services of docker-compose.yml, each as a process with its environment', async t => {
  const application = copyApplication(t)
  const { folder } = application
  const server = await startRedis({ args: [...redis.command.slice(1), '--dir', folder] })
  t.after(() => server.stop())

  const here = { REDIS_HOST: server.host, REDIS_PORT: String(server.port) }
  // In production the sample reads its source once an hour.
  const environmentOf = (service: Service) => ({
    ...service.environment,
    ...here,
    APP_ENV: 'local',
  })
  const start = (service: Service, [program, ...args] = service.command) => {
    assert.equal(program, 'node')
    return application.start(args, environmentOf(service))
  }
  const schedulerProcess = start(scheduler)
  const workers = [start(queues), start(queues)] as const

  /** Runs a line in a shell with the environment of the redis service, or with another. */
  const shell = (line: string, environment: Record<string, string> = redis.environment) =>
    new Promise<{ code: number; output: string }>(resolve => {
      const ported = line.replaceAll('redis-cli', `redis-cli -p ${server.port}`)
      const env = { PATH: process.env['PATH'], ...environment }
      execFile('sh', ['-c', ported], { env }, (error, output) =>
        resolve({ code: error ? Number(error.code ?? Number.NaN) : 0, output: output.trim() }),
      )
    })

  /** The exit code of a service's health check. */
  const health = async (service: Service) => {
    const [form, program = '', ...args] = service.healthcheck.test
    if (form === 'CMD') return start(service, [program, ...args]).ended
    return (await shell(program)).code
  }

  await t.test('redis answers who knows the password, and nobody else', async () => {
    assert.equal(redis.command[0], 'redis-server')
    assert.deepEqual(await shell('redis-cli ping'), { code: 0, output: 'PONG' })
    assert.match((await shell('redis-cli ping', {})).output, /NOAUTH/)
  })

  await t.test(
    'redis evicts nothing, writes all it does to a file, keeps jobs compact',
    async () => {
      const setting = async (name: string) => (await shell(`redis-cli config get ${name}`)).output
      assert.equal(await setting('maxmemory-policy'), 'maxmemory-policy\nnoeviction')
      assert.equal(await setting('appendonly'), 'appendonly\nyes')
      assert.equal(await setting('hash-max-listpack-value'), 'hash-max-listpack-value\n1024')
    },
  )

  await t.test('the scheduler pushes, the workers run, and the report gets written', async () => {
    const report = join(folder, 'storage', 'reports', 'delays-by-state.csv')
    await eventually(() => {
      const run = workers.flatMap(completedJobs)
      for (const job of ['flights.ingest', 'airports.ingest', 'report.delays']) {
        assert.ok(run.includes(job), `${job} among ${run}`)
      }
    })
    assert.match(readFileSync(report, 'utf8'), /^state,flights,delayed,/)
    assert.match(schedulerProcess.output(), /"schedule":"next day of flights".*"tick fired"/)
    assert.deepEqual(completedJobs(schedulerProcess), [])
  })

  await t.test('both workers take jobs of one queue', async () => {
    // The copy's own modules: what it registers is what can be pushed.
    const load = (path: string) => import(pathToFileURL(join(folder, path)).href)
    const { createApp }: typeof import('../app/index.ts') = await load('app/index.ts')
    const { inspire }: typeof import('../app/jobs/inspire.ts') = await load('app/jobs/inspire.ts')
    await using app = createApp(folder, {
      env: { ...environmentOf(scheduler), LOG_CHANNEL: 'null' },
    })
    await eventually(async () => {
      await app.queue.pushMany(inspire, Array(40).fill({}))
      for (const worker of workers) assert.ok(completedJobs(worker).includes('inspire'))
    })
  })

  await t.test('every health check succeeds while all is well', async () => {
    assert.deepEqual(await Promise.all([redis, scheduler, queues].map(health)), [0, 0, 0])
  })

  await t.test('SIGTERM ends the scheduler and the workers with exit code 0', async () => {
    const processes = [schedulerProcess, ...workers]
    for (const process of processes) process.signal('SIGTERM')
    assert.deepEqual(await Promise.all(processes.map(({ ended }) => ended)), [0, 0, 0])
    for (const process of processes) assert.match(process.output(), /(scheduler|queues) stopped: /)
  })

  await t.test('every health check fails when redis is gone', async () => {
    await server.kill()
    const codes = await Promise.all([redis, scheduler, queues].map(health))
    assert.ok(
      codes.every(code => typeof code === 'number' && code > 0),
      `${codes}`,
    )
  })
})

suite('docker-compose.yml', () => {
  test('a process is given more time to stop than its jobs are', () => {
    const secondsOf = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1])
    for (const service of [scheduler, queues]) {
      const graceSeconds = secondsOf(frameworkConfig.queue.worker.grace.default)
      assert.ok(secondsOf(service.stop_grace_period) > graceSeconds)
    }
  })

  test('scheduler and queues wait for the redis service, and are told where it is', () => {
    for (const { environment, depends_on } of [scheduler, queues]) {
      assert.equal(environment['QUEUE_CONNECTION'], 'redis')
      assert.equal(environment['APP_ENV'], 'production')
      assert.deepEqual(depends_on?.[environment['REDIS_HOST'] ?? ''], {
        condition: 'service_healthy',
      })
    }
  })
})

suite('Dockerfile', () => {
  const instructions = readInstructions()
  const argumentsOf = (name: string) =>
    instructions.filter(([instruction]) => instruction === name).map(([, text]) => text)

  test('an image runs what the scheduler service runs when it is told nothing', () => {
    assert.deepEqual(argumentsOf('ENTRYPOINT'), [])
    const commands = argumentsOf('CMD').map(text => JSON.parse(text))
    assert.deepEqual(commands, [scheduler.command])
  })

  test('what the services run is in the image', () => {
    const ignored = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n')
    for (const { build, command } of [scheduler, queues]) {
      assert.equal(build, '.')
      const [program, file = ''] = command
      assert.equal(program, 'node')
      assert.ok(existsSync(join(repository, file)) && !ignored.includes(file), file)
    }
  })

  test('no process runs as root, and each may write to the storage that is mounted', () => {
    assert.deepEqual(argumentsOf('USER'), ['node'])
    const last = instructions.findLast(([name]) => ['RUN', 'COPY', 'USER'].includes(name))
    assert.equal(last?.[0], 'USER', 'nothing is built after the change of user')
    assert.ok(argumentsOf('RUN').some(text => text.includes('chown node:node storage')))
    const storage = `${argumentsOf('WORKDIR')[0]}/storage`
    assert.deepEqual(argumentsOf('VOLUME'), [storage])
    for (const { user, volumes } of [scheduler, queues]) {
      assert.equal(user, undefined, 'the service keeps the user of the image')
      assert.deepEqual(
        volumes.map(volume => volume.split(':')[1]),
        [storage],
      )
    }
  })
})

/** The services of docker-compose.yml, with the password that these tests give. */
function readServices(): Record<'redis' | 'scheduler' | 'queues', Service> {
  const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8')
  const given = text.replace(/\$\{REDIS_PASSWORD:\?[^}]*\}/g, password)
  assert.doesNotMatch(given, /\$\{/, 'a variable that these tests do not know')
  return parse(given).services
}

/** The instructions of the Dockerfile, a line each, in their order. */
function readInstructions(): [name: string, text: string][] {
  const text = readFileSync(join(repository, 'Dockerfile'), 'utf8')
  return Array.from(text.matchAll(/^([A-Z]+) (.+)$/gm), ([, name = '', rest = '']) => [name, rest])
}

function completedJobs(process: Running): unknown[] {
  const completed = process.lines().filter(line => line['outcome'] === 'completed')
  return completed.map(line => line['job'])
}

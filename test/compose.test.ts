import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { concerns } from 'equipage/config'
import { parse } from 'yaml'
import { eventually } from '../packages/equipage/test/support/eventually.ts'
import { type RedisServer, startRedis } from '../packages/equipage/test/support/redis.ts'

/** The part of a service that this test reads. */
interface Service {
  build?: string
  command: string[]
  environment: Record<string, string>
  volumes: string[]
  user?: string
  healthcheck: { test: ['CMD' | 'CMD-SHELL', ...string[]] }
  depends_on?: Record<string, { condition: string }>
  stop_grace_period: string
}

/** A service at work, with what it has logged. */
interface Running {
  readonly process: ChildProcess
  readonly lines: { msg: string; job?: string; outcome?: string; schedule?: string }[]
}

const repository = join(import.meta.dirname, '..')
const password = 'a password of this test'
const { redis, scheduler, queues } = readServices()

describe('docker-compose.yml', () => {
  let folder: string
  let server: RedisServer
  let running: { scheduler: Running; queues: [Running, Running] }

  before(async () => {
    folder = copyOfTheApplication()
    server = await startRedis({ args: [...redis.command.slice(1), '--dir', folder] })
    running = {
      scheduler: startService(scheduler),
      queues: [startService(queues), startService(queues)],
    }
  })

  after(async () => {
    for (const { process } of [running.scheduler, ...running.queues]) process.kill('SIGKILL')
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What the service finds in its environment; its Redis is the test's. */
  function environmentOf(service: Service): NodeJS.ProcessEnv {
    const { PATH } = process.env
    const { environment } = service
    const here = { REDIS_HOST: server.host, REDIS_PORT: String(server.port) }
    // In production the sample reads its source once an hour.
    return { PATH, ...environment, ...(service === redis ? {} : { ...here, APP_ENV: 'local' }) }
  }

  function startService(service: Service): Running {
    const [command, ...args] = service.command
    assert.equal(command, 'node')
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: environmentOf(service),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines: Running['lines'] = []
    createInterface(child.stdout).on('line', line => lines.push(JSON.parse(line)))
    return { process: child, lines }
  }

  /** The exit code of a service's health check. */
  async function health(service: Service): Promise<number> {
    const [form, ...words] = service.healthcheck.test
    if (form === 'CMD-SHELL') {
      const line = words.join(' ').replaceAll('redis-cli', `redis-cli -p ${server.port}`)
      return exitCode('sh', ['-c', line], environmentOf(service))
    }
    assert.equal(words[0], 'node')
    return exitCode(process.execPath, words.slice(1), environmentOf(service))
  }

  function exitCode(file: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
    return new Promise(resolve => {
      execFile(file, args, { cwd: folder, env }, error =>
        resolve(error ? Number(error.code ?? Number.NaN) : 0),
      )
    })
  }

  function redisCli(args: string[], env: NodeJS.ProcessEnv = environmentOf(redis)) {
    return new Promise<string>((resolve, reject) => {
      execFile('redis-cli', ['-p', String(server.port), ...args], { env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout.trim()),
      )
    })
  }

  test('redis answers who knows the password, and nobody else', async () => {
    assert.equal(redis.command[0], 'redis-server')
    assert.equal(await redisCli(['ping']), 'PONG')
    assert.match(await redisCli(['ping'], { PATH: process.env['PATH'] }), /NOAUTH/)
  })

  test('redis evicts nothing, writes what it does to a file, and keeps jobs compact', async () => {
    const setting = async (name: string) => (await redisCli(['config', 'get', name])).split('\n')[1]
    assert.equal(await setting('maxmemory-policy'), 'noeviction')
    assert.equal(await setting('appendonly'), 'yes')
    assert.equal(await setting('hash-max-listpack-value'), '1024')
  })

  test('the scheduler pushes over redis, two workers run the jobs, and the report gets written', async () => {
    const report = join(folder, 'storage', 'reports', 'delays-by-state.csv')
    await eventually(() => {
      assert.ok(existsSync(report))
      const done = running.queues.flatMap(({ lines }) => completedJobs(lines))
      for (const job of ['flights.ingest', 'airports.ingest', 'report.delays']) {
        assert.ok(done.includes(job), `${job} among ${done}`)
      }
    })
    assert.match(readFileSync(report, 'utf8'), /^state,flights,delayed,/)
    const fired = running.scheduler.lines.filter(line => line.msg === 'tick fired')
    assert.ok(fired.some(line => line.schedule === 'next day of flights'))
    assert.deepEqual(
      completedJobs(running.scheduler.lines),
      [],
      'the scheduler runs no jobs itself',
    )
  })

  test('both workers take jobs of the same queue', async () => {
    const { createApp } = await applicationModule<typeof import('../app/index.ts')>('app/index.ts')
    const { inspire } =
      await applicationModule<typeof import('../app/jobs/inspire.ts')>('app/jobs/inspire.ts')
    const env = { ...environmentOf(scheduler), LOG_CHANNEL: 'null' }
    await using app = createApp(folder, { env })
    await eventually(async () => {
      await app.queue.pushMany(inspire, Array(40).fill({}))
      for (const { lines } of running.queues) assert.ok(completedJobs(lines).includes('inspire'))
    })
  })

  test('every health check succeeds while all is well', async () => {
    assert.deepEqual(await Promise.all([redis, scheduler, queues].map(health)), [0, 0, 0])
  })

  test('SIGTERM ends the scheduler and the workers with exit code 0', async () => {
    const services = [running.scheduler, ...running.queues]
    const exits = services.map(({ process }) => once(process, 'exit'))
    for (const { process } of services) process.kill('SIGTERM')
    const stopped = [0, null]
    assert.deepEqual(await Promise.all(exits), [stopped, stopped, stopped])
    await eventually(() => {
      for (const { lines } of services) assert.match(lines.at(-1)?.msg ?? '', /stopped: /)
    })
  })

  test('every health check fails when redis is gone', async () => {
    await server.kill()
    const codes = await Promise.all([redis, scheduler, queues].map(health))
    assert.ok(
      codes.every(code => code > 0),
      `${codes}`,
    )
  })

  test('a process is given more time to stop than its jobs are', () => {
    const graceSeconds = Number.parseInt(concerns.queue.worker.grace.default, 10)
    for (const { stop_grace_period } of [scheduler, queues]) {
      assert.match(stop_grace_period, /^\d+s$/)
      assert.ok(Number.parseInt(stop_grace_period, 10) > graceSeconds)
    }
  })

  test('scheduler and queues wait for the redis that they are told of', () => {
    for (const { environment, depends_on } of [scheduler, queues]) {
      assert.equal(environment['QUEUE_CONNECTION'], 'redis')
      const host = environment['REDIS_HOST'] ?? ''
      assert.deepEqual(depends_on?.[host], { condition: 'service_healthy' })
    }
  })

  /** A module of the copy: its definitions are the ones that the copy registers. */
  function applicationModule<Module>(path: string): Promise<Module> {
    return import(pathToFileURL(join(folder, path)).href)
  }
})

describe('Dockerfile', () => {
  const instructions = readInstructions()
  const argumentsOf = (name: string) =>
    instructions.filter(([instruction]) => instruction === name).map(([, text]) => text)

  test('what an image runs when nothing is said is what the scheduler service runs', () => {
    assert.deepEqual(argumentsOf('CMD').map(json), [scheduler.command])
    assert.deepEqual(argumentsOf('ENTRYPOINT'), [])
  })

  test('every service that is built here runs a file that the image has', () => {
    const ignored = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n')
    for (const { build, command } of [scheduler, queues]) {
      assert.equal(build, '.')
      const [node, file = ''] = command
      assert.equal(node, 'node')
      assert.ok(existsSync(join(repository, file)), file)
      assert.ok(!ignored.includes(file), file)
    }
  })

  test('no process runs as root, and it may write to the storage that is mounted', () => {
    assert.deepEqual(argumentsOf('USER'), ['node'])
    for (const service of [scheduler, queues]) {
      assert.equal(service.user, undefined, 'the service keeps the user of the image')
      const [workdir] = argumentsOf('WORKDIR')
      const target = service.volumes[0]?.split(':')[1]
      assert.equal(target, `${workdir}/storage`)
      assert.deepEqual(argumentsOf('VOLUME'), [target])
    }
    assert.ok(argumentsOf('RUN').some(line => line.includes('chown node:node storage')))
    const [last] = instructions.findLast(([name]) => name === 'RUN' || name === 'USER') ?? []
    assert.equal(last, 'USER', 'nothing is built after the change of user')
  })
})

/** The services of docker-compose.yml, with the password that the test gives. */
function readServices(): Record<'redis' | 'scheduler' | 'queues', Service> {
  const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8')
  const given = text.replace(/\$\{REDIS_PASSWORD:\?[^}]*\}/g, password)
  assert.doesNotMatch(
    given.replace(/^\s*#.*$/gm, ''),
    /\$\{/,
    'a variable that the test does not know',
  )
  return parse(given).services
}

/** Instruction and argument of each line of the Dockerfile. */
function readInstructions(): [name: string, text: string][] {
  const lines = readFileSync(join(repository, 'Dockerfile'), 'utf8').split('\n')
  return lines.flatMap(line => {
    const [, name, text] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    return name && text ? [[name, text] as [string, string]] : []
  })
}

function json(text: string): unknown {
  return JSON.parse(text)
}

function completedJobs(lines: Running['lines']): (string | undefined)[] {
  return lines.filter(line => line.outcome === 'completed').map(line => line.job)
}

/** What the image holds, in a folder of its own: nothing is written beside the repository's files. */
function copyOfTheApplication(): string {
  const folder = mkdtempSync(join(tmpdir(), 'equipage-compose-'))
  for (const name of ['app', 'config', 'resources', 'package.json', 'scheduler.ts', 'queues.ts']) {
    cpSync(join(repository, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

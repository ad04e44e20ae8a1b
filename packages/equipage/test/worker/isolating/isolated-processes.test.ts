import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { EquipageError, isEquipageError } from '../../../src/core/errors.ts'
import { isolatedPatienceMs } from '../../../src/worker/isolating/isolated-process.ts'
import { eventually } from '../../support/eventually.ts'
import { isolatedPool } from './support/isolated-pool.ts'

suite('processes of isolated jobs', { concurrency: 3 }, () => {
  const pid = "export const which = job('which', () => process.pid)\n"

  test('one runs job after job, and is replaced when it has run as many as it may', async t => {
    const { run, children } = isolatedPool(t, pid)
    const pids = [await run('which'), await run('which'), await run('which', { maxJobs: 3 })]
    assert.deepEqual(new Set(pids).size, 1)
    const next = await run('which', { maxJobs: 3 })
    assert.notEqual(next, pids[0])
    await eventually(() => assert.equal(children[0]?.exitCode, 0))
  })

  test('a job that may share its process with none gets a fresh one, and leaves none', async t => {
    const { run } = isolatedPool(t, pid)
    const usual = await run('which')
    const alone = [await run('which', { maxJobs: 1 }), await run('which', { maxJobs: 1 })]
    assert.equal(new Set([usual, ...alone]).size, 3)
    assert.equal(await run('which'), usual)
  })

  test('one that occupies more memory than it may is replaced after the job', async t => {
    const { run } = isolatedPool(
      t,
      `const leaked = []
       export const leak = job('leak', () => (leaked.push(Buffer.alloc(300_000_000, 1)), process.pid))
       ${pid}`,
    )
    const limits = { maxMemoryBytes: 300_000_000 }
    const sound = await run('which', limits)
    assert.equal(await run('leak', limits), sound, 'nothing has been leaked yet')
    assert.notEqual(await run('which', limits), sound)
  })

  test('what they occupy together is known while a job holds up its process, and after it', async t => {
    const { pool, run, told, folder, children } = isolatedPool(
      t,
      `export const hoard = job('hoard', ({ payload, progress }) => {
         globalThis.hoard = Buffer.alloc(200_000_000, 1)
         progress(1)
         while (!existsSync(payload.file));
       })
       ${pid}`,
    )
    assert.equal(pool.memoryBytes, 0)
    const file = join(folder, 'go')
    const both = [1, 2].map(() => run('hoard', { data: { file } }))
    await eventually(() => assert.deepEqual(told, [1, 1]))
    await eventually(() => assert.ok(pool.memoryBytes > 400_000_000))
    writeFileSync(file, '')
    await Promise.all(both)
    assert.ok(pool.memoryBytes > 400_000_000)
    assert.ok(pool.memoryBytes < 4_000_000_000)
    children[0]?.kill('SIGKILL')
    await eventually(() => assert.ok(pool.memoryBytes < 400_000_000))
    assert.ok(pool.memoryBytes > 200_000_000)
  })

  test('one counts as nothing until it has said something, and when it has been told to end', async t => {
    const { pool, run, told, clock, children } = isolatedPool(
      t,
      `export const waits = job('waits', async ({ progress }) => { progress(1); await pause(3_600_000) })`,
    )
    const running = assert.rejects(run('waits'), { code: 'E_ISOLATED_DIED' })
    assert.equal(children.length, 1)
    assert.equal(pool.memoryBytes, 0)
    await eventually(() => assert.ok(pool.memoryBytes > 1_000_000))
    await eventually(() => assert.deepEqual(told, [1]))
    const stopped = pool.stop()
    assert.equal(pool.memoryBytes, 0)
    assert.equal(children[0]?.exitCode, null)
    clock.advance(isolatedPatienceMs)
    await Promise.all([running, stopped])
  })

  test('jobs at the same time have a process each, which later ones use again', async t => {
    const { run, folder, told, children } = isolatedPool(
      t,
      `export const meet = job('meet', async ({ payload, progress }) => {
         progress(payload.n)
         while (!existsSync(payload.file)) await pause(10)
         return process.pid
       })`,
    )
    const file = join(folder, 'go')
    const both = [1, 2].map(n => run('meet', { data: { n, file } }))
    await eventually(() => assert.deepEqual(told.toSorted(), [1, 2]))
    writeFileSync(file, '')
    const pids = await Promise.all(both)
    assert.notEqual(pids[0], pids[1])
    assert.ok(pids.includes(await run('meet', { data: { n: 3, file } })))
    assert.equal(children.length, 2)
  })

  test('a function that heeds its signal knows why, and its process is used again', async t => {
    const { run, told } = isolatedPool(
      t,
      `export const heeds = job('heeds', async ({ signal, progress }) => {
         progress(0)
         await new Promise(resolve => signal.addEventListener('abort', resolve))
         return { pid: process.pid, code: signal.reason.code, message: signal.reason.message }
       })
       ${pid}`,
    )
    const attempt = new AbortController()
    const running = run('heeds', { signal: attempt.signal })
    await eventually(() => assert.deepEqual(told, [0]))
    const reason = new EquipageError('E_JOB_TIMEOUT', { job: 'heeds', timeoutMs: 5 })
    attempt.abort(reason)
    const ended = (await running) as { pid: number; code: string; message: string }
    assert.deepEqual([ended.code, ended.message], ['E_JOB_TIMEOUT', reason.message])
    assert.equal(await run('which'), ended.pid)
  })

  test('one that does not end after its abort is killed, and its neighbours do not notice', async t => {
    const { run, clock, told, lines, children } = isolatedPool(
      t,
      `export const endless = job('endless', ({ progress }) => { progress(0); for (;;); })
       ${pid}`,
    )
    const attempt = new AbortController()
    const running = run('endless', { signal: attempt.signal })
    const killed = assert.rejects(running, error => {
      assert.ok(isEquipageError(error, 'E_ISOLATED_DIED'))
      assert.deepEqual(error.fields, { job: 'endless', code: null, signal: 'SIGKILL' })
      return true
    })
    await eventually(() => assert.deepEqual(told, [0]))
    const neighbour = await run('which')
    attempt.abort(new Error('enough'))
    clock.advance(isolatedPatienceMs - 1)
    assert.equal(await run('which'), neighbour)
    assert.deepEqual([children[0]?.killed, children[0]?.exitCode], [false, null])
    clock.advance(1)
    await killed
    const [line] = lines.filter(({ level }) => level === 'warn')
    assert.match(line?.msg ?? '', /isolated process killed: it did not end within 5s/)
    assert.equal(await run('which'), neighbour)
  })

  test('one that dies fails its own attempt alone, and says how it died', async t => {
    const { run } = isolatedPool(
      t,
      `export const exits = job('exits', () => process.exit(7))
       export const killed = job('killed', () => process.kill(process.pid, 'SIGKILL') && pause(60_000))
       export const throws = job('throws', async () => {
         setImmediate(() => { throw new Error('nobody catches this') })
         await pause(60_000)
       })
       export const lets = job('lets', async () => {
         process.disconnect()
         return 1
       })
       ${pid}`,
    )
    const neighbour = await run('which', { maxJobs: 1_000 })
    const ends = { exits: [7, null], killed: [null, 'SIGKILL'], throws: [1, null], lets: [0, null] }
    for (const [name, [code, signal]] of Object.entries(ends)) {
      const limits = { maxJobs: 1 }
      await assert.rejects(run(name, limits), {
        code: 'E_ISOLATED_DIED',
        fields: { job: name, code, signal },
      })
    }
    assert.equal(await run('which'), neighbour)
  })

  test('one that dies of the job before does not fail the next', async t => {
    const { run, children } = isolatedPool(
      t,
      `export const late = job('late', () => {
         process.once('message', () => process.exit(3))
         return process.pid
       })
       ${pid}`,
    )
    const first = await run('late')
    assert.notEqual(await run('which'), first)
    assert.equal(children[0]?.exitCode, 3)
  })

  test('a promise that nobody waits for does not end it', async t => {
    const { run, folder } = isolatedPool(
      t,
      `export const strays = job('strays', async () => {
         void Promise.reject(new Error('nobody waits for this'))
         await pause(1)
         return process.pid
       })
       ${pid}`,
    )
    assert.equal(await run('strays'), await run('which'))
    assert.match(readFileSync(join(folder, 'app.log'), 'utf8'), /rejected that nobody waits for/)
  })

  test('what a job sends to its worker by itself is left alone', async t => {
    const { run, told } = isolatedPool(
      t,
      `export const sends = job('sends', ({ progress }) => {
         const messages = [
           'hello', null, {}, { kind: 'ended' }, { kind: 'ended', run: 1, memoryBytes: 'much' },
           { kind: 'ended', run: 7, memoryBytes: 0, result: 'forged' },
           { kind: 'progress', run: 1, progress: 'far' },
           { kind: 'request', run: 1, request: 1, wants: { ask: 'save', name: 'unknown', json: '1' } },
           { kind: 'request', run: 1, request: 1, wants: { ask: 'everything' } },
           { kind: 'unknown', run: 1 }, { kind: 'begun', run: -1 },
         ]
         for (const message of messages) process.send(message)
         progress(1)
         return 'its own'
       })`,
    )
    assert.equal(await run('sends'), 'its own')
    assert.deepEqual(told, [1])
  })
})

suite('an isolated function', { concurrency: 3 }, () => {
  test('logs by its own application, with the ids of its attempt', async t => {
    const { run, folder, lines } = isolatedPool(
      t,
      "export const talks = job('talks', ({ log }) => { log.info('hello'); return process.pid })",
    )
    const pid = await run('talks')
    const written = readFileSync(join(folder, 'app.log'), 'utf8').trim().split('\n')
    const line = written.map(text => JSON.parse(text)).find(({ msg }) => msg === 'hello')
    const { job, jobId, queue, attempt } = line
    const ids = { job: 'talks', jobId: 'talks-1', queue: 'default', attempt: 1 }
    assert.deepEqual({ job, jobId, queue, attempt }, ids)
    assert.equal(line.pid, pid)
    assert.ok(!lines.some(({ msg }) => msg === 'hello'))
  })

  test('stands inside of the middleware of its application, in its own process', async t => {
    const app = `
      import { Equipage } from 'equipage'
      import { defineConfig } from 'equipage/config'
      export class App extends Equipage {
        static override config = defineConfig({})
        override get middleware() {
          return [async ({ name }, next) => ({ around: name, pid: process.pid, inside: await next() })]
        }
      }
      export const createApp = (basePath?: string) => App.make(basePath)
    `
    const jobs = "export const which = job('which', () => process.pid)"
    const { run } = isolatedPool(t, jobs, { 'app/index.ts': app })
    const { pid, inside, around } = (await run('which')) as Record<string, unknown>
    assert.equal(around, 'which')
    assert.equal(pid, inside)
    assert.notEqual(pid, process.pid)
  })

  test('gets a payload that its schema has read, and refuses what it does not accept', async t => {
    const { run } = isolatedPool(
      t,
      `export const dated = defineJob({
         name: 'dated',
         isolate: true,
         payload: z.object({ day: z.iso.date().transform(text => new Date(text)) }),
         run: ({ payload }) => payload.day.getTime(),
       })`,
    )
    assert.equal(await run('dated', { data: { day: '1970-01-02' } }), 86_400_000)
    await assert.rejects(run('dated', { data: { day: 7 } }), error =>
      isEquipageError(error, 'E_BAD_PAYLOAD'),
    )
  })

  test('must return JSON', async t => {
    const { run } = isolatedPool(t, "export const odd = job('odd', () => new Map())")
    await assert.rejects(run('odd'), error => isEquipageError(error, 'E_NOT_JSON'))
  })

  test('keeps its parts where its attempt is, and pushes there', async t => {
    const { run, checkpoints, pushes } = isolatedPool(
      t,
      `export const parts = job('parts', async ({ checkpoint, push }) => {
         const rows = await checkpoint('rows', () => [1, 2])
         const receipt = await push(parts, { rows }, { priority: 3, tags: ['x'] })
         return { rows, receipt }
       })`,
    )
    checkpoints.kept.set('part:rows', '["kept"]')
    const receipt = { id: 'pushed', name: 'parts', queue: 'default', state: 'waiting' }
    assert.deepEqual(await run('parts'), { rows: ['kept'], receipt })
    const options = { priority: 3, tags: ['x'] }
    assert.deepEqual(pushes, [{ name: 'parts', payload: { rows: ['kept'] }, options }])
    checkpoints.kept.clear()
    await run('parts')
    assert.equal(checkpoints.kept.get('part:rows'), '[1,2]')
  })

  test('is told what is wrong with a push', async t => {
    const { run, pushes } = isolatedPool(
      t,
      `export const pushes = job('pushes', async ({ push }) => {
         const other = defineJob({ name: 'other', run: () => 1 })
         const codes = []
         for (const [what, payload] of [[other, {}], [pushes, { when: new Map() }]]) {
           await push(what, payload).catch(error => codes.push(error.code))
         }
         return codes
       })`,
    )
    assert.deepEqual(await run('pushes'), ['E_UNKNOWN_JOB', 'E_NOT_JSON'])
    assert.deepEqual(pushes, [])
  })

  test('that has ended can ask for nothing more, and the next one is not taken for it', async t => {
    const { run, pushes, told } = isolatedPool(
      t,
      `let former
       export const first = job('first', context => { former = context })
       export const second = job('second', async () => {
         former.progress(0.5)
         return [
           await former.push(first, {}).catch(error => error.code),
           await former.checkpoint('a', () => 1).catch(error => error.code),
         ]
       })`,
    )
    await run('first')
    assert.deepEqual(await run('second'), ['E_ISOLATED_LATE', 'E_ISOLATED_LATE'])
    assert.deepEqual([pushes, told], [[], []])
  })
})

suite('a process of isolated jobs that cannot be made ready', { concurrency: 3 }, () => {
  const cases = {
    'by a file that does not load': { 'app/jobs/broken.ts': "import './nowhere.ts'" },
    'by an app/index.ts that throws': { 'app/index.ts': "throw new Error('no nowhere here')" },
    'by one that ends it': { 'app/index.ts': 'process.exit(9) // nowhere' },
  }
  const reasons = [/broken\.ts cannot be loaded: .*nowhere/, /no nowhere here/, /exit code 9/]
  for (const [index, [how, files]] of Object.entries(cases).entries()) {
    test(`${how} fails the attempt, and says why`, async t => {
      const { run } = isolatedPool(t, "export const which = job('which', () => 1)", files)
      await assert.rejects(run('which'), error => {
        assert.ok(isEquipageError(error, 'E_ISOLATED_START'))
        assert.match(error.message, reasons[index] ?? /never/)
        return true
      })
    })
  }

  test('because its release has no such job fails the attempt', async t => {
    const { run } = isolatedPool(t, '')
    const message = /isolated job "which": .*has no job of that name/
    await assert.rejects(run('which'), { code: 'E_ISOLATED_START', message })
  })
})

suite('a stop of the processes of isolated jobs', { concurrency: 3 }, () => {
  const app = `
    import { writeFileSync } from 'node:fs'
    import { join } from 'node:path'
    import { Equipage } from 'equipage'
    import { defineConfig } from 'equipage/config'
    export class App extends Equipage {
      static override config = defineConfig({})
      get pool() {
        const close = () => writeFileSync(join(this.basePath, 'closed'), '')
        return this.service('pool', () => ({ name: 'pool' }), close)
      }
    }
    export const createApp = (basePath?: string) => App.make(basePath)
  `

  test('disposes of the application in each of them', async t => {
    const jobs = "export const uses = job('uses', ({ app }) => app.pool.name)"
    const { pool, run, folder, children } = isolatedPool(t, jobs, { 'app/index.ts': app })
    assert.equal(await run('uses'), 'pool')
    assert.equal(existsSync(join(folder, 'closed')), false)
    await pool.stop()
    assert.equal(existsSync(join(folder, 'closed')), true)
    assert.equal(children[0]?.exitCode, 0)
  })

  test('aborts what runs, waits for it, and runs nothing more', async t => {
    const jobs = `export const runs = job('runs', async ({ app, signal, progress }) => {
      void app.pool
      progress(0)
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      appendFileSync(process.argv[2] + '/reason', signal.reason.code)
    })`
    const { pool, run, folder, told } = isolatedPool(t, jobs, { 'app/index.ts': app })
    const running = assert.rejects(run('runs'), { code: 'E_ISOLATED_DIED' })
    await eventually(() => assert.deepEqual(told, [0]))
    await pool.stop()
    await running
    assert.equal(readFileSync(join(folder, 'reason'), 'utf8'), 'E_STOPPING')
    assert.equal(existsSync(join(folder, 'closed')), true)
    await assert.rejects(run('runs'), { code: 'E_STOPPING' })
  })

  test('kills those that do not end', async t => {
    const jobs =
      "export const endless = job('endless', ({ progress }) => { progress(0); for (;;); })"
    const { pool, run, told, clock, children } = isolatedPool(t, jobs)
    const running = assert.rejects(run('endless'), { code: 'E_ISOLATED_DIED' })
    await eventually(() => assert.deepEqual(told, [0]))
    const stopped = pool.stop()
    clock.advance(isolatedPatienceMs)
    await Promise.all([stopped, running])
    assert.equal(children[0]?.signalCode, 'SIGKILL')
  })
})

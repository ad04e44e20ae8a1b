import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { AnyApp } from '../app/index.ts'
import { EquipageError, isEquipageError, toError } from '../core/errors.ts'
import type { HandedBack, Lifecycle } from '../core/lifecycle.ts'
import { isPretty, type Logger } from '../log/index.ts'
import { scheduleTable } from './schedule-table.ts'

/** A process at work. */
export interface RunningRole {
  /** Ends what runs, within the grace period, and lets go of the application. */
  stop(): Promise<HandedBack>
}

/** Something that a role has started. */
type Part = Pick<Lifecycle, 'stop'> & {
  /** Ticks that it has fired. */
  readonly fired?: number
}

/**
 * Starts a process of the application.
 * @param args the command line after the file
 * @throws the faults of configuration, connection and definitions
 */
export async function startRole(
  role: 'scheduler' | 'queues',
  app: AnyApp,
  args: readonly string[],
): Promise<RunningRole> {
  const parts = await { scheduler: startScheduler, queues: startQueues }[role](app, args)
  surviveStrayRejections(app.log)
  return { stop: () => stopAll(role, app, parts) }
}

async function startScheduler(app: AnyApp, args: readonly string[]): Promise<Part[]> {
  const command = new Command('scheduler').description('Fires the schedules of app/scheduler.ts.')
  command.exitOverride().parse(args, { from: 'user' })
  await checkConnection(app)
  await app.ready()
  const scheduler = await app.scheduler
  if (!scheduler) {
    throw new EquipageError('E_NO_SCHEDULER', { file: join(app.basePath, 'app', 'scheduler.ts') })
  }
  const parts: Part[] = []
  // Jobs of an inline connection that were delayed or failed once are run by whoever is there.
  if ((await app.connection).inline) parts.push(await startWorker(app, {}))
  await scheduler.start()
  const now = (await app.connection).ticks.now()
  const { format } = app.settings.get('log')
  // JSON lines on standard output stay pure: a log collector reads them.
  const out = isPretty(format) ? process.stdout : process.stderr
  out.write(
    `${scheduleTable(scheduler.schedule.schedules, Number.isNaN(now) ? app.clock.now() : now)}\n\n`,
  )
  app.log.info({ schedules: scheduler.schedule.schedules.length }, 'scheduler started')
  return [scheduler, ...parts]
}

async function startQueues(app: AnyApp, args: readonly string[]): Promise<Part[]> {
  const list = (text: string) => text.split(',').map(name => name.trim())
  const command = new Command('queues')
    .description('Runs the jobs of the queues.')
    .option('--queue <names>', 'the queues to consume, separated by commas (WORKER_QUEUES)', list)
    .addOption(
      new Option(
        '--concurrency <number>',
        'jobs of one queue at a time (WORKER_CONCURRENCY)',
      ).argParser(concurrencyOf),
    )
    .exitOverride()
    .parse(args, { from: 'user' })
  const { queue: queues, concurrency } = command.opts<{ queue?: string[]; concurrency?: number }>()
  await checkConnection(app)
  await app.ready()
  const options = { ...(queues ? { queues } : {}), ...(concurrency ? { concurrency } : {}) }
  return [await startWorker(app, options)]
}

async function startWorker(
  app: AnyApp,
  options: { queues?: string[]; concurrency?: number },
): Promise<Part> {
  const worker = app.worker(options)
  await worker.start()
  return worker
}

/** A connection that is away is waited for; one that does not let us in is a fault. */
async function checkConnection(app: AnyApp): Promise<void> {
  try {
    await (await app.connection).check()
  } catch (error) {
    if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
    app.log.warn(`${error.message}; waiting for it`)
  }
}

/** A promise that nobody waits for, somewhere in a job, must not take its neighbours with it. */
function surviveStrayRejections(log: Logger): void {
  process.on('unhandledRejection', thrown => {
    log.error({ err: toError(thrown) }, 'a promise was rejected that nobody waits for; await it')
  })
}

async function stopAll(role: string, app: AnyApp, parts: readonly Part[]): Promise<HandedBack> {
  const { log, clock } = app
  log.info({ graceMs: app.graceMs }, `${role} stopping`)
  const deadline = clock.monotonic() + app.graceMs
  let handedBack = 0
  const connection = await app.connection
  for (const part of [...parts, connection]) {
    const left = Math.max(0, deadline - clock.monotonic())
    handedBack += (await part.stop(left)).handedBack
  }
  const fired = parts.reduce((sum, part) => sum + (part.fired ?? 0), 0)
  const counts = { ticksFired: fired, attemptsEnded: app.attemptsEnded, handedBack }
  log.info(counts, `${role} stopped: ${fired} ticks fired, ${app.attemptsEnded} jobs run`)
  await app.dispose()
  return { handedBack }
}

function concurrencyOf(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number
  throw new InvalidArgumentError('expected a whole number from 1 to 10000')
}

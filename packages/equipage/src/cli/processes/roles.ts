import { fork } from 'node:child_process'
import { Command } from 'commander'
import { type AnyApp, type Runtime, runtimeOf } from '../../app/index.ts'
import {
  EquipageError,
  type HandedBack,
  isEquipageError,
  type Lifecycle,
} from '../../core/index.ts'
import { isPretty } from '../../log/index.ts'
import { Balancer, Supervisor, type WorkerOptions } from '../../worker/index.ts'
import { scheduleTable } from '../schedule/index.ts'
import { closingLine, type Totals } from './closing-line.ts'
import { childArguments, type QueuesOptions, queuesOptions } from './queues-options.ts'
import { surviveStrayRejections } from './stray-rejections.ts'
import { askedToStop, reportTotals } from './to-supervisor.ts'

/** How many of the jobs that run the last words of a process name. */
const jobsNamed = 20

/** A process at work. */
export interface RunningRole {
  /** Resolves with an exit code when it has nothing more to do; it is to be stopped then. */
  readonly ended: Promise<number>
  /** Ends what runs, within the grace period, and closes the application. */
  stop(): Promise<HandedBack>
  /** Called when the process ends and has not stopped: says what is left behind. */
  abandon(): void
}

/** Something that a role has started. */
type Part = Pick<Lifecycle, 'stop'> & {
  /** What it has done; asked when all have stopped. */
  totals?(): Totals
  /** Resolves with an exit code when it has nothing more to do. */
  readonly over?: Promise<number>
  /** Reports to a supervisor at the end. */
  reportTotals?(handedBack: number): Promise<void>
  /** Called when the process ends and it has not stopped. */
  abandon?(): void
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
  const runtime = runtimeOf(app)
  const parts = await { scheduler: startScheduler, queues: startQueues }[role](runtime, args)
  surviveStrayRejections(runtime.log)
  return {
    ended: Promise.race(parts.flatMap(({ over }) => over ?? [])),
    stop: () => stopAll(role, runtime, parts),
    abandon() {
      for (const part of parts) part.abandon?.()
      sayWhatRuns(runtime)
    },
  }
}

async function startScheduler(runtime: Runtime, args: readonly string[]): Promise<Part[]> {
  const command = new Command('scheduler').description('Fires the schedules of app/scheduler.ts.')
  command.exitOverride().parse(args, { from: 'user' })
  await checkConnection(runtime)
  await runtime.ready()
  const scheduler = await runtime.requiredScheduler()
  const fires: Part = {
    stop: graceMs => scheduler.stop(graceMs),
    totals: () => ({ ticksFired: scheduler.fired }),
  }
  const parts: Part[] = [fires]
  // Jobs of an inline connection that were delayed or failed once are run by whoever is there.
  if ((await runtime.connection).inline) parts.push(await startWorker(runtime, {}))
  await scheduler.start()
  const now = (await runtime.connection).ticks.now()
  const { format } = runtime.config.get('log')
  // JSON lines on standard output stay pure: a log collector reads them.
  const out = isPretty(format) ? process.stdout : process.stderr
  out.write(
    `${scheduleTable(scheduler.schedule.schedules, Number.isNaN(now) ? runtime.clock.now() : now)}\n\n`,
  )
  runtime.log.info({ schedules: scheduler.schedule.schedules.length }, 'scheduler started')
  return parts
}

async function startQueues(runtime: Runtime, args: readonly string[]): Promise<Part[]> {
  const options = queuesOptions(runtime.config, args)
  const supervises = options.processes > 1 || options.balanced
  if (supervises || process.connected) runtime.appLog.showProcessId()
  if (supervises) return startSupervisor(runtime, options, args)
  const { worker } = options
  await checkConnection(runtime)
  await runtime.ready()
  // Before the first job: a supervisor that has no message of this process knows that it ran none.
  const supervised = process.connected ? [underSupervisor(runtime)] : []
  return [...supervised, await startWorker(runtime, worker)]
}

/** Stops when the process that forked this one asks for it, and reports its totals to it at the end. */
function underSupervisor(runtime: Runtime): Part {
  return {
    over: askedToStop().then(() => 0),
    stop: async () => ({ handedBack: 0 }),
    reportTotals: handedBack => reportTotals({ attemptsEnded: runtime.attemptsEnded, handedBack }),
  }
}

async function startWorker(runtime: Runtime, options: Partial<WorkerOptions>): Promise<Part> {
  const worker = runtime.worker(options)
  await worker.start()
  return {
    over: worker.ended.then(() => 0),
    stop: graceMs => worker.stop(graceMs),
    totals: () => ({ attemptsEnded: runtime.attemptsEnded }),
  }
}

/** This process runs no jobs: those that it starts do, from the same file. */
async function startSupervisor(
  runtime: Runtime,
  { worker, processes, oneLife, balanced }: QueuesOptions,
  args: readonly string[],
): Promise<Part[]> {
  const [, entry = ''] = process.argv
  // A queue that does not exist is reported once, not by each of them.
  const queues = await runtime.worker(worker).queues()
  if (balanced && queues.length > processes) {
    throw new EquipageError('E_TOO_FEW_PROCESSES', { processes, queues })
  }
  const { log, clock } = runtime
  const start = (queue: string | undefined) => fork(entry, childArguments(args, queue))
  const options = { processes, oneLife, queues: balanced ? queues : undefined }
  const supervisor = new Supervisor(options, { fork: start, log, clock })
  await supervisor.start()
  const supervised: Part = {
    over: supervisor.ended,
    stop: graceMs => supervisor.stop(graceMs),
    totals: () => supervisor.totals,
    // Without a stop, the children end as they should by themselves: their connection broke.
    abandon: () => supervisor.stopping && supervisor.kill(),
  }
  return balanced ? [startBalancer(runtime, supervisor), supervised] : [supervised]
}

function startBalancer(runtime: Runtime, supervisor: Supervisor): Part {
  const { log, clock } = runtime
  const waits = async (queues: readonly string[]) =>
    (await runtime.connection).carrier.waits(queues)
  const balancer = new Balancer({ supervisor, waits, log, clock })
  balancer.start()
  return {
    async stop() {
      await balancer.stop()
      return { handedBack: 0 }
    },
  }
}

/** A job called process.exit, or threw where nobody catches. */
function sayWhatRuns({ log, runningJobs }: Runtime): void {
  if (runningJobs.count === 0) return
  const running = runningJobs.longest(jobsNamed).map(({ id, name, queue }) => ({ id, name, queue }))
  const fields = { active: runningJobs.count, running }
  log.error(
    fields,
    'the process ends in the middle of jobs; they run again when their locks are over',
  )
}

/** A connection that is away is waited for; one that does not let us in is a fault. */
async function checkConnection(runtime: Runtime): Promise<void> {
  try {
    await (await runtime.connection).check()
  } catch (error) {
    if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
    runtime.log.warn(`${error.message}; waiting for it`)
  }
}

async function stopAll(
  role: string,
  runtime: Runtime,
  parts: readonly Part[],
): Promise<HandedBack> {
  const { log, clock } = runtime
  log.info({ graceMs: runtime.graceMs }, `${role} stopping`)
  const deadline = clock.monotonic() + runtime.graceMs
  let handedBack = 0
  const connection = await runtime.connection
  for (const part of [...parts, connection]) {
    const left = Math.max(0, deadline - clock.monotonic())
    handedBack += (await part.stop(left)).handedBack
  }
  const totals: Totals = Object.assign({}, ...parts.map(part => part.totals?.()))
  log.info({ ...totals, handedBack }, closingLine(role, totals))
  await Promise.all(parts.map(part => part.reportTotals?.(handedBack)))
  await runtime.dispose()
  return { handedBack }
}

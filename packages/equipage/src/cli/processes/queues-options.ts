import { Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from '../../config/index.ts'
import { sizeBytes } from '../../core/index.ts'
import type { WorkerOptions } from '../../worker/index.ts'

/** How `queues.ts` is to work: what the command line says, else the settings. */
export interface QueuesOptions {
  readonly worker: Partial<WorkerOptions>
  readonly processes: number
  /** Whether processes move to where jobs wait longest. */
  readonly balanced: boolean
  /** Workers that end by themselves are not started again. */
  readonly oneLife: boolean
}

interface Given {
  queue?: string[]
  concurrency?: number
  processes?: number
  balance?: 'auto' | 'off'
  once?: true
  stopWhenEmpty?: true
  maxJobs?: number
  maxMemory?: number
}

/**
 * @param args the command line after the file
 * @throws CommanderError, when it has been told what is wrong with them
 */
export function queuesOptions(config: Config, args: readonly string[]): QueuesOptions {
  const given = parse(args)
  const settings = config.get('queue.worker')
  const { maxMemory } = settings
  const maxJobs = given.maxJobs ?? settings.maxJobs ?? undefined
  const maxMemoryBytes =
    given.maxMemory ?? (maxMemory === null ? undefined : sizeBytes(maxMemory, 'WORKER_MAX_MEMORY'))
  return {
    worker: {
      ...(given.queue ? { queues: given.queue } : {}),
      ...(given.concurrency ? { concurrency: given.concurrency } : {}),
      maxJobs: given.once ? 1 : maxJobs,
      maxMemoryBytes,
      stopWhenEmpty: given.stopWhenEmpty ?? false,
    },
    processes: given.processes ?? settings.processes,
    balanced: (given.balance ?? settings.balance) === 'auto',
    oneLife: given.once ?? given.stopWhenEmpty ?? false,
  }
}

/**
 * What a worker process is started with: the same, but that it runs the jobs itself.
 * @param queue the one that it is to consume; as the arguments say when left out
 */
export function childArguments(args: readonly string[], queue: string | undefined): string[] {
  const own = [...args, '--processes', '1', '--balance', 'off']
  return queue === undefined ? own : [...own, '--queue', queue]
}

function parse(args: readonly string[]): Given {
  return new Command('queues')
    .description('Runs the jobs of the queues.')
    .option('--queue <names>', 'the queues to consume, separated by commas (WORKER_QUEUES)', names)
    .option(
      '--concurrency <number>',
      'jobs of one queue at a time (WORKER_CONCURRENCY)',
      number(10_000),
    )
    .option(
      '--processes <number>',
      'worker processes, which are started again when they die (WORKER_PROCESSES)',
      number(1_000),
    )
    .addOption(
      new Option(
        '--balance <how>',
        'auto moves processes to the queues where jobs wait longest (WORKER_BALANCE)',
      ).choices(['auto', 'off']),
    )
    .option('--once', 'run one job, and end')
    .option('--stop-when-empty', 'end when nothing waits, is due or runs')
    .option(
      '--max-jobs <number>',
      'end after so many attempts (WORKER_MAX_JOBS)',
      number(1_000_000_000),
    )
    .option(
      '--max-memory <amount>',
      'end with more resident memory than that after a job, isolated processes included, such as 300MB (WORKER_MAX_MEMORY)',
      bytes,
    )
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<Given>()
}

function names(text: string): string[] {
  return text.split(',').map(name => name.trim())
}

const number = (max: number) => (text: string) => {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number
  throw new InvalidArgumentError(`expected a whole number from 1 to ${max}`)
}

function bytes(text: string): number {
  try {
    const amount = sizeBytes(text, '--max-memory')
    if (amount > 0) return amount
  } catch {
    // The message below says more.
  }
  throw new InvalidArgumentError('expected an amount of memory such as 300MB or 1.5GB')
}

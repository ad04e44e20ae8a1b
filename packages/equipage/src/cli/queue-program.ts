import { type Command, Option } from 'commander'
import { jobStates } from '../connection/index.ts'
import type { Queue } from '../queue/index.ts'
import {
  queueCancel,
  queueClear,
  queueFailed,
  queueForget,
  queueList,
  queueMonitor,
  queuePause,
  queuePush,
  queueResume,
  queueRetry,
  queueShow,
  queueStats,
} from './queue/index.ts'
import type { Over } from './schedule-program.ts'
import { example, type Print, wholeNumber } from './terminal/index.ts'

const most = 1_000_000

/**
 * Adds the commands of `equipage queue`.
 * @param note writes to standard error, beside the answer
 */
export function addQueueCommands(queue: Command, over: Over, note: Print): void {
  const json = ['--json', 'as JSON'] as const
  const inQueue = ['--queue <name>', 'look in this queue; in all of them when left out'] as const
  /** The same for a command that needs no more than the application's queue. */
  const overQueue = <Args extends unknown[]>(
    run: (queue: Queue, print: Print, ...args: Args) => Promise<void>,
  ) => over(({ queue }, print, ...args: Args) => run(queue, print, ...args))
  const limit = ['--limit <number>', `at most so many, 1 to ${most}`] as const

  queue
    .command('stats')
    .description('how many jobs are where, and which queues are paused')
    .option(...json)
    .addHelpText('after', example('queue stats'))
    .action(overQueue(queueStats))
  queue
    .command('list')
    .argument('<name>', 'the queue')
    .description('its jobs, the newest of each state first')
    .addOption(new Option('--state <state>', 'those in one state').choices(jobStates))
    .option(...limit, wholeNumber(most), 20)
    .option('--offset <number>', 'after so many', wholeNumber(most, 0), 0)
    .option(...json)
    .addHelpText('after', example('queue list reports --state failed'))
    .action(over(queueList))
  queue
    .command('failed')
    .description('the jobs that have failed, of all queues, the latest first')
    .option('--queue <name>', 'those of one queue')
    .option(...limit, wholeNumber(most), 20)
    .option(...json)
    .addHelpText('after', example('queue failed --queue reports'))
    .action(over(queueFailed))
  queue
    .command('show')
    .argument('<id>', 'the job')
    .description(
      'one job: payload, state, attempts, error with its stack, progress, tick and chain, and who works on it',
    )
    .option(...inQueue)
    .option(...json)
    .addHelpText('after', example('queue show 123'))
    .action(over(queueShow))
  queue
    .command('retry')
    .argument('[ids...]', 'the jobs')
    .description('lets failed jobs wait again, with all their attempts')
    .option(...inQueue)
    .option('--all', 'every failed job of the queue that --queue names')
    .option(...json)
    .addHelpText('after', example('queue retry --all --queue reports'))
    .action(overQueue(queueRetry))
  queue
    .command('forget')
    .argument('<ids...>', 'the jobs')
    .description('removes jobs that do not run')
    .option(...inQueue)
    .option(...json)
    .addHelpText('after', example('queue forget 123 124'))
    .action(overQueue(queueForget))
  queue
    .command('clear')
    .argument('<name>', 'the queue')
    .description('removes the jobs that wait or are delayed; without --force it only counts them')
    .option('--force', 'removes them')
    .option(...json)
    .addHelpText('after', example('queue clear reports --force'))
    .action(
      overQueue((queues, print, name: string, options: { force?: true; json?: true }) =>
        queueClear(queues, { print, note }, name, options),
      ),
    )
  queue
    .command('pause')
    .argument('[names...]', 'the queues; all of them when left out')
    .description('begins no job of these queues from now on, in any process; pushes are kept')
    .option(...json)
    .addHelpText('after', example('queue pause reports'))
    .action(overQueue(queuePause))
  queue
    .command('resume')
    .argument('[names...]', 'the queues; all of them when left out')
    .description('lets paused queues go on')
    .option(...json)
    .addHelpText('after', example('queue resume reports'))
    .action(overQueue(queueResume))
  queue
    .command('cancel')
    .argument('<id>', 'the job')
    .description('removes a job that waits; aborts the signal of one that runs, wherever it runs')
    .option(...inQueue)
    .option(...json)
    .addHelpText('after', example('queue cancel 123'))
    .action(overQueue(queueCancel))
  queue
    .command('push')
    .argument('<name>', 'the job or chain')
    .argument('[payload]', 'its payload as JSON, such as \'{"reportId": 7}\'', '{}')
    .description('pushes a job or a chain')
    .option(...json)
    .addHelpText('after', example('queue push report \'{"reportId": 7}\''))
    .action(over(queuePush))
  queue
    .command('monitor')
    .description('for alerting: the exit code is 1 when more jobs wait in a queue than there may')
    .requiredOption('--max <number>', `so many may wait, 0 to ${most}`, wholeNumber(most, 0))
    .option('--queue <names...>', 'these queues; all of them when left out')
    .option(...json)
    .addHelpText('after', example('queue monitor --max 1000'))
    .action(overQueue(queueMonitor))
}

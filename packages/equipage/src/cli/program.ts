import { Command } from 'commander'
import { type Runtime, runtimeOf } from '../app/index.ts'
import { configList } from './config.ts'
import { health } from './health.ts'
import { findApp } from './processes/index.ts'
import { addQueueCommands } from './queue-program.ts'
import { addScheduleCommands } from './schedule-program.ts'
import type { Print } from './terminal/index.ts'
import { workerList } from './worker-list.ts'

/**
 * The `equipage` command: each of its commands works on the application that it finds.
 * @param print writes a command's answer
 * @param note writes what is said beside the answer
 */
export function buildProgram(print: Print, note: Print): Command {
  const program = new Command('equipage')
    .description('Looks after an Equipage application.')
    .option('--app <path>', 'the application: its folder, or its app/index.ts')
    .showSuggestionAfterError()

  /** Runs a command over the application, and lets go of it afterwards. */
  const over =
    <Args extends unknown[]>(
      run: (runtime: Runtime, print: Print, ...args: Args) => Promise<void>,
    ) =>
    async (...args: Args) => {
      const runtime = runtimeOf(await findApp(program.opts<{ app?: string }>().app))
      runtime.appLog.toStandardError()
      try {
        await run(runtime, print, ...args)
      } finally {
        await runtime.dispose()
      }
    }
  const json = ['--json', 'as JSON'] as const

  const schedule = program.command('schedule').description('the schedules of app/scheduler.ts')
  addScheduleCommands(schedule, over, note)

  const queue = program.command('queue').description('the queues and their jobs')
  addQueueCommands(queue, over, note)

  const worker = program.command('worker').description('the processes that run jobs')
  worker
    .command('list')
    .description(
      'the workers that are alive, the memory of each with its isolated processes, and its jobs',
    )
    .option(...json)
    .action(over(workerList))

  program
    .command('config')
    .description('every setting: its variable, its value (secrets hidden) and what it is for')
    .option(...json)
    .action(over(configList))
  program
    .command('health')
    .description(
      'whether the configuration is valid and the connection answers; the exit code says so',
    )
    .action(over(health))
  return program
}

import { type Command, Option } from 'commander'
import type { Runtime } from '../app/index.ts'
import {
  scheduleList,
  scheduleNext,
  schedulePause,
  scheduleResume,
  scheduleRun,
  scheduleSimulate,
  scheduleSync,
  scheduleWhy,
} from './schedule/index.ts'
import { example, type Output, type Print, wholeNumber } from './terminal/index.ts'

/** Runs a command over the application, and lets go of it afterwards. */
export type Over = <Args extends unknown[]>(
  run: (runtime: Runtime, print: Print, ...args: Args) => Promise<void>,
) => (...args: Args) => Promise<void>

/**
 * Adds the commands of `equipage schedule`.
 * @param note writes to standard error, beside the answer
 */
export function addScheduleCommands(schedule: Command, over: Over, note: Print): void {
  const json = ['--json', 'as JSON'] as const
  /** The same for a command that has notes to make. */
  const noting = <Args extends unknown[]>(
    run: (runtime: Runtime, output: Output, ...args: Args) => Promise<void>,
  ) => over((runtime, print, ...args: Args) => run(runtime, { print, note }, ...args))

  schedule
    .command('list')
    .description(
      'every schedule: name, timing in words, zone, last tick and its fate, next tick, and whether it is paused',
    )
    .option(...json)
    .addHelpText('after', example('schedule list'))
    .action(noting(scheduleList))
  schedule
    .command('next')
    .argument('<name>', 'the schedule')
    .description('its next ticks, in its zone and in UTC')
    .option('-n, --count <number>', 'how many, 1 to 10000', wholeNumber(10_000), 5)
    .option('--after <instant>', `after then instead of now: ${instants}`)
    .option(...json)
    .addHelpText('after', example("schedule next nightly -n 3 --after '2026-12-24 18:00'"))
    .action(noting(scheduleNext))
  schedule
    .command('why')
    .argument('<name>', 'the schedule')
    .description(
      'every planned tick of a span of time and what became of it: fired, skipped, missed or failed, and why',
    )
    .option('--from <instant>', `its beginning, a day before its end when left out: ${instants}`)
    .option('--to <instant>', 'its end, now when left out')
    .option('--limit <number>', 'the latest so many ticks, 1 to 100000', wholeNumber(100_000), 1000)
    .option(...json)
    .addHelpText('after', example('schedule why nightly --from 2d'))
    .action(noting(scheduleWhy))
  schedule
    .command('run')
    .argument('<name>', 'the schedule')
    .description(
      'runs it now, by hand: calls its function in this process, or pushes its job; this is no tick, and conditions, pauses and overlap do not count',
    )
    .option(...json)
    .addHelpText('after', example('schedule run nightly'))
    .action(noting(scheduleRun))
  schedule
    .command('pause')
    .argument('<names...>', 'the schedules')
    .description('skips the ticks of these schedules from now on, in every scheduler')
    .option(...json)
    .addHelpText('after', example("schedule pause nightly 'madrid report'"))
    .action(noting(schedulePause))
  schedule
    .command('resume')
    .argument('<names...>', 'the schedules')
    .description('lets paused schedules go on; what they skipped is not made up for')
    .option(...json)
    .addHelpText('after', example('schedule resume nightly'))
    .action(noting(scheduleResume))
  schedule
    .command('sync')
    .description(
      'registers the schedules of this code, as a scheduler that starts does, and says what that changes',
    )
    .option('--dry-run', 'only says what it would change')
    .option(...json)
    .addHelpText('after', example('schedule sync --dry-run'))
    .action(noting(scheduleSync))
  schedule
    .command('simulate')
    .description(
      'plays the timetable through a span of time and tells the fate of every tick; no action runs, conditions are asked as they are now',
    )
    .option('--from <instant>', `its beginning, now when left out: ${instants}`)
    .option('--to <instant>', 'its end, a day after its beginning when left out')
    .option(
      '--down <from..to>',
      'a time without a scheduler, in the place of those on record; may be given several times',
      (span: string, before: string[]) => [...before, span],
      [],
    )
    .option('--zone <zone>', "of dates and of the answer; the application's when left out")
    .option(...json)
    .addOption(new Option('--svg', 'as a time line').conflicts('json'))
    .addHelpText(
      'after',
      example(
        "schedule simulate --from 2026-11-21 --to 2026-11-28 --down '2026-11-22..2026-11-23 08:00'",
      ),
    )
    .action(noting(scheduleSimulate))
}

const instants =
  "2026-11-21T03:00:00Z; 2026-11-21 or '2026-11-21 03:00' in the schedule's zone; or 2h for two hours ago"

import { EquipageError } from '../core/index.ts'
import type { Definition, JobRegistry, QueueDefinition } from '../job/index.ts'
import { EquipageScheduler, type SchedulerDependencies } from '../schedule/index.ts'
import { isDefinition, isQueue, register } from './registration.ts'

/** A class that extends `EquipageScheduler`, whatever the type of its application: what names that type is left out. */
export type SchedulerClass = new (
  dependencies: never,
) => Pick<EquipageScheduler<unknown>, 'register' | 'start' | 'stop' | 'fired' | 'shouldExit'>

/** What an application names in code, as its class has it. */
export interface GivenDefinitions {
  /** What the class is called, for errors. */
  readonly name: string
  readonly jobs: readonly (Definition | QueueDefinition)[]
  readonly scheduler: SchedulerClass | undefined
}

/**
 * Registers the jobs that an application names in code.
 * @throws E_BAD_OPTION for what is none, E_DUPLICATE_JOB, E_DUPLICATE_QUEUE
 */
export function registerGiven(registry: JobRegistry, { name, jobs }: GivenDefinitions): void {
  const where = `static jobs of ${name}`
  if (!Array.isArray(jobs)) throw mistaken(name, 'jobs', jobs, 'a list such as [greet, nightly]')
  for (const [index, given] of jobs.entries()) {
    const known = isDefinition(given) || isQueue(given)
    const expected = 'what defineJob, defineChain, defineGroup or defineQueue gave'
    if (!known) throw mistaken(name, `jobs[${index}]`, given, expected)
    register(registry, given, where)
  }
}

/**
 * The scheduler that an application names in code; undefined when it names none.
 * @throws E_BAD_OPTION for what is none
 */
export function givenScheduler({ name, scheduler }: GivenDefinitions) {
  if (scheduler === undefined) return undefined
  const given: unknown = scheduler
  if (typeof given === 'function' && given.prototype instanceof EquipageScheduler) {
    return given as new (
      dependencies: SchedulerDependencies<unknown>,
    ) => EquipageScheduler<unknown>
  }
  throw mistaken(name, 'scheduler', scheduler, 'a class that extends EquipageScheduler')
}

function mistaken(app: string, option: string, given: unknown, expected: string): EquipageError {
  return new EquipageError('E_BAD_OPTION', {
    where: app,
    option: `static ${option}`,
    given,
    expected,
  })
}

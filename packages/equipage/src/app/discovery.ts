import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Migration } from 'kysely/migration'
import { EquipageError, isEquipageError, toError } from '../core/index.ts'
import type { Migrations } from '../database/index.ts'
import { JobRegistry } from '../job/index.ts'
import { EquipageScheduler, type SchedulerDependencies } from '../schedule/index.ts'
import { isDefinition, isQueue, register } from './registration.ts'

/** Folders whose files export jobs, chains and groups. */
const definitionFolders = ['jobs', 'batches']

const moduleForm = /\.(ts|js|mts|mjs)$/
const ignoredForm = /\.(d|test|spec)\.[mc]?[tj]s$/

/**
 * Registers everything that the files under `app/jobs/` and `app/batches/` export as a job, a chain,
 * a group or a queue.
 * @param folder the application's `app` folder
 * @param registry may have others already
 * @throws E_APP_FILE, E_DUPLICATE_JOB, E_DUPLICATE_QUEUE
 */
export async function discoverJobs(
  folder: string,
  registry: JobRegistry = new JobRegistry(),
): Promise<JobRegistry> {
  for (const file of definitionFolders.flatMap(name => modulesIn(join(folder, name)))) {
    const where = relative(join(folder, '..'), file)
    for (const exported of Object.values(await load(file)))
      if (isDefinition(exported) || isQueue(exported)) register(registry, exported, where)
  }
  return registry
}

/** The application's changes of its tables: each file of `app/migrations/` exports `up`. */
export async function discoverMigrations(folder: string): Promise<Migrations> {
  const migrations: Record<string, Migration> = {}
  for (const file of modulesIn(join(folder, 'migrations'))) {
    const name = relative(join(folder, 'migrations'), file).replace(moduleForm, '')
    const { up, down } = await load(file)
    if (typeof up !== 'function') {
      throw new EquipageError('E_APP_FILE', { file, reason: 'a migration exports a function up' })
    }
    migrations[name] = { up, ...(typeof down === 'function' ? { down } : {}) } as Migration
  }
  return migrations
}

/** The class `Scheduler` of `app/scheduler.ts`; undefined when there is no such file. */
export async function discoverScheduler<App>(
  folder: string,
): Promise<(new (dependencies: SchedulerDependencies<App>) => EquipageScheduler<App>) | undefined> {
  const file = ['scheduler.ts', 'scheduler.js'].map(name => join(folder, name)).find(existsSync)
  if (file === undefined) return undefined
  const { Scheduler } = await load(file)
  if (typeof Scheduler !== 'function' || !(Scheduler.prototype instanceof EquipageScheduler)) {
    throw new EquipageError('E_NO_SCHEDULER', { file })
  }
  return Scheduler as new (
    dependencies: SchedulerDependencies<App>,
  ) => EquipageScheduler<App>
}

/** Every module of a folder and of those inside it, sorted; none when there is no such folder. */
function modulesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => moduleForm.test(name) && !ignoredForm.test(name))
    .sort()
    .map(name => join(folder, name))
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (thrown) {
    if (isEquipageError(thrown)) throw thrown
    const cause = toError(thrown)
    throw new EquipageError('E_APP_FILE', { file, reason: cause.message }, { cause })
  }
}

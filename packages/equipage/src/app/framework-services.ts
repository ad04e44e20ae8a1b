import type { Connection } from '../connection/index.ts'
import type { Clock, Random } from '../core/index.ts'
import type { Database } from '../database/index.ts'
import type { Logger } from '../log/index.ts'
import type { Queue } from '../queue/index.ts'

/** What the framework makes for every application and a test may replace, by name. */
export interface FrameworkServices {
  clock: Clock
  random: Random
  log: Logger
  database: Database
  connection: Connection
  queue: Queue
}

/** The keys of these services, which no name of an application's own service can equal. */
export const frameworkServices: Readonly<Record<keyof FrameworkServices, symbol>> = {
  clock: Symbol('clock'),
  random: Symbol('random'),
  log: Symbol('log'),
  database: Symbol('database'),
  connection: Symbol('connection'),
  queue: Symbol('queue'),
}

export function isFrameworkService(name: string): name is keyof FrameworkServices {
  return Object.hasOwn(frameworkServices, name)
}

import type { JobEvents } from '../job/index.ts'
import type { TickEvents } from '../schedule/index.ts'
import type { WorkerEvents } from '../worker/index.ts'

/** Every event of an application, by its name. */
export interface AppEvents extends JobEvents, TickEvents, WorkerEvents {}

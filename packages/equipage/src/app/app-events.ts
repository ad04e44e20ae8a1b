import type { JobEvents } from '../job/index.ts'
import type { TickEvents } from '../schedule/index.ts'
import type { WorkerEvents } from '../worker/index.ts'

/** All that an application tells of, by name. */
export interface AppEvents extends JobEvents, TickEvents, WorkerEvents {}

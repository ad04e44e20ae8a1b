export { type Clock, systemClock, type Timer } from './core/clock.ts'
export type { Duration } from './core/durations.ts'
export { EquipageError, type ErrorCode, isEquipageError } from './core/errors.ts'
export { Database, type DatabaseSettings, type Migrations, openDatabase } from './database/index.ts'

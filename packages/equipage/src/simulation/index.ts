export type { MemoryPush } from './memory-carrier.ts'
export {
  type MemoryConnection,
  type MemoryConnectionOptions,
  memoryConnection,
} from './memory-connection.ts'
export { MemoryGroups } from './memory-groups.ts'
export { type RecordedPast, recordedPast } from './recorded-past.ts'
export { type SimulatedTick, simulate } from './simulation.ts'

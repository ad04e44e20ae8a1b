export { SyncTickMemory } from './sync-tick-memory.ts'

export { type HostedApplication, IsolatedHost } from './isolated-host.ts'
export { isolatedPatienceMs } from './isolated-process.ts'
export { IsolatedProcesses } from './isolated-processes.ts'
export { memoryToldEveryMs } from './told-memory.ts'

export { type HostedApplication, IsolatedHost } from './isolated-host.ts'
export { isolatedPatienceMs } from './isolated-process.ts'
export { IsolatedProcesses } from './isolated-processes.ts'
export { memoryReportedEveryMs } from './reported-memory.ts'

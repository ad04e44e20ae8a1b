export { VirtualClock, type VirtualClockOptions } from '../core/index.ts'
export type { LogLine } from './captured-log.ts'
export { type FakeQueue, fakeQueue } from './fake-queue.ts'
export type {
  ChainRun,
  GivenTick,
  GroupRun,
  JobRun,
  RunChainOptions,
  RunEnd,
  RunJobOptions,
} from './job-run.ts'
export type { Pushed, PushMatch } from './pushed.ts'
export { runChain } from './run-chain.ts'
export { runGroup } from './run-group.ts'
export { runJob } from './run-job.ts'
export {
  type DecidedTick,
  type TimeTravel,
  type TimeTravelOptions,
  timeTravel,
} from './time-travel.ts'

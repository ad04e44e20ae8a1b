export { VirtualClock, type VirtualClockOptions } from '../core/virtual-clock.ts'
export { type FakeQueue, fakeQueue } from './fake-queue.ts'
export type { Pushed, PushMatch } from './pushed.ts'
export {
  type DecidedTick,
  type TimeTravel,
  type TimeTravelOptions,
  timeTravel,
} from './time-travel.ts'

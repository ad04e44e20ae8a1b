export { VirtualClock, type VirtualClockOptions } from '../core/virtual-clock.ts'

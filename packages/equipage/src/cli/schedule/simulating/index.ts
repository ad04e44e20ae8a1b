export { scheduleSimulate } from './schedule-simulate.ts'

export { type Action, stop, type TickContext } from './action.ts'
export { EquipageScheduler, type SchedulerParts } from './equipage-scheduler.ts'
export { Schedule } from './schedule.ts'
export { Timetable, type TimetableOptions } from './timetable.ts'

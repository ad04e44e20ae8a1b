import { frameworkConfig } from 'equipage/config'

/** What fires the ticks: SCHEDULER_TIMEZONE. */
export const scheduler = { ...frameworkConfig.scheduler }

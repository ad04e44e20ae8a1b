export { isPretty } from './channels.ts'
export { type Log, type Logger, type LogSettings, openLog, secretPaths } from './log.ts'

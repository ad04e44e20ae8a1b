export { isPretty } from './channels.ts'
export { childOf } from './child.ts'
export { type Log, type Logger, type LogSettings, openLog } from './log.ts'
export { redacted } from './redact.ts'

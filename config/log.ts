import { frameworkConfig } from 'equipage/config'

/** Where log lines go: LOG_LEVEL, LOG_CHANNEL, LOG_FORMAT, LOG_STACK, LOG_FILE, LOG_KEEP, LOG_REDACT. */
export const log = { ...frameworkConfig.log }

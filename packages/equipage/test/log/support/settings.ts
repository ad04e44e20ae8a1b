import type { LogSettings } from '../../../src/log/index.ts'

/** How a log is opened when a test does not say otherwise: everything into one file. */
export const logSettings: LogSettings = {
  level: 'trace',
  channel: 'single',
  stack: [],
  format: 'json',
  output: 'stdout',
  file: '/nowhere/app.log',
  keep: 7,
  redact: [],
  name: 'shop',
}

export { cronTiming, parseCron } from './parse.ts'

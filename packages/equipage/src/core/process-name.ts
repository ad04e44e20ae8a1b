import { hostname } from 'node:os'

/** What records call this process: its host, a colon, its process id. */
export function processName(): string {
  return `${hostname()}:${process.pid}`
}

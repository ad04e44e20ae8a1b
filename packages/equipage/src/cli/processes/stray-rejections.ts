import { toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** A promise that nobody waits for, somewhere in a job, must not take its neighbours with it. */
export function surviveStrayRejections(log: Logger): void {
  process.on('unhandledRejection', thrown => {
    log.error({ err: toError(thrown) }, 'a promise was rejected that nobody waits for; await it')
  })
}

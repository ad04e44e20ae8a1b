import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from '../../support/application.ts'

/** Processes that are killed and replaced while the others go on. */
export interface Crowd {
  /** Kills one by SIGKILL, at a moment and of a place that chance gives, and starts another; so many times. */
  churn(kills: number): Promise<void>
  /** Ends all of them as a deployment does, and gives their exit codes. */
  stop(): Promise<(number | string)[]>
}

/**
 * @param starts makes the process of each place
 * @param everyMs the mean time between two kills
 */
export function startCrowd(
  starts: readonly (() => Running)[],
  { everyMs, chance }: { everyMs: number; chance: () => number },
): Crowd {
  const members = starts.map(start => start())
  return {
    async churn(kills) {
      for (let killed = 0; killed < kills; killed++) {
        await pause(everyMs * (0.5 + chance()))
        const where = Math.floor(chance() * members.length)
        const start = starts[where]
        members[where]?.signal('SIGKILL')
        await members[where]?.ended
        if (start) members[where] = start()
      }
    },
    async stop() {
      // A process that has not begun yet answers no signal.
      for (const member of members) await member.said(/scheduler started/)
      for (const member of members) member.signal('SIGTERM')
      return Promise.all(members.map(member => member.ended))
    },
  }
}

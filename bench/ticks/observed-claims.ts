import type { TickMemory } from '../../packages/equipage/src/connection/index.ts'
import { measured } from './measured-process.ts'
import { preciseNow } from './plan.ts'

/** Notes each claim that begins a run, with its lateness, when it has been answered. */
export function observeClaims(ticks: TickMemory): void {
  const claim = ticks.claim.bind(ticks)
  ticks.claim = async claimed => {
    const answer = await claim(claimed)
    if (answer.outcome === 'claimed' && claimed.run) measured.push(preciseNow() - claimed.run.tick)
    return answer
  }
}

import type { Connection } from '../../packages/equipage/src/connection/index.ts'
import { measured } from './measured-process.ts'
import { preciseNow } from './plan.ts'

/** The same connection; each claim that begins a run is noted, with its lateness, when it has been answered. */
export function observed(connection: Connection): Connection {
  const { ticks } = connection
  const claim: typeof ticks.claim = async claimed => {
    const answer = await ticks.claim(claimed)
    if (answer.outcome === 'claimed' && claimed.run) measured.push(preciseNow() - claimed.run.tick)
    return answer
  }
  const proxy = new Proxy(ticks, {
    get(target, name) {
      if (name === 'claim') return claim
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { ...connection, ticks: proxy }
}

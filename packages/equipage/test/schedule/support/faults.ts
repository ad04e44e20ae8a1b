import type { TickMemory } from '../../../src/connection/index.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { EquipageError } from '../../../src/core/errors.ts'

/** What happens at one call: its answer is lost, or its process is, before it is carried out or after. */
export type Moment = 'throws before' | 'throws after' | 'dies before' | 'dies after'

/** Which call goes wrong, and how. */
export interface Fault {
  readonly name: string
  /** Which one of that name, counted from 0. */
  readonly nth: number
  readonly moment: Moment
}

/** One process of an application, all of whose calls go through here. */
export class FaultyProcess {
  /** What was called, in order. */
  readonly calls: string[] = []
  /** Nothing that it began goes on, and nothing that it asked is answered. */
  dead = false
  /** The fault has happened. */
  struck = false
  /** Calls that have been made and not been answered. */
  underWay = 0
  readonly #fault: Fault | undefined

  /** @param fault none when left out */
  constructor(fault?: Fault) {
    this.#fault = fault
  }

  /** Makes a call, unless this is the one that goes wrong. */
  async call<T>(name: string, make: () => Promise<T>): Promise<T> {
    if (this.dead) return forever()
    const nth = this.calls.filter(call => call === name).length
    this.calls.push(name)
    const fault = this.#fault
    const moment = fault?.name === name && fault.nth === nth ? fault.moment : undefined
    this.struck ||= moment !== undefined
    if (moment === 'dies before') return this.#die()
    if (moment === 'throws before') throw away()
    this.underWay++
    try {
      const answer = await make()
      if (moment === 'dies after') return this.#die()
      if (this.dead) return forever()
      if (moment === 'throws after') throw away()
      return answer
    } finally {
      this.underWay--
    }
  }

  #die<T>(): Promise<T> {
    this.dead = true
    return forever()
  }

  /** A memory whose time is the given clock's. */
  memory(memory: TickMemory, clock: Clock): TickMemory {
    return new Proxy(memory, {
      get: (target, key) => {
        if (key === 'now') return () => Math.floor(clock.now())
        const member: unknown = Reflect.get(target, key, target)
        if (typeof member !== 'function') return member
        if (key === 'skewMs') return () => 0
        return (...args: unknown[]) => this.call(String(key), () => member.apply(target, args))
      },
    })
  }

  /** A clock whose timers do not fire once the process is dead. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delayMs, fire) =>
        clock.after(delayMs, () => {
          if (!this.dead) fire()
        }),
    }
  }
}

function away(): EquipageError {
  const fields = { connection: 'Redis', address: 'the test', reason: 'the fault of the test' }
  return new EquipageError('E_CONNECTION_AWAY', fields)
}

export function forever<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

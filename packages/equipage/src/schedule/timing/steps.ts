import { hashOf, hashUnit } from './hash.ts'

/**
 * How far the k-th tick of a repetition lies from its beginning, in units of the
 * repetition. Any tick is answered without the ones before it.
 */
export interface Steps {
  /** Units from the beginning to step k (0 or more); at(0) is 0, and steps never go back. */
  at(k: number): number
  /** A step that lies at or before so many units from the beginning, at most two before the last such. */
  before(units: number): number
  readonly shortest: number
  readonly words: string
  readonly definition: string
  readonly reseed?: ((seed: string) => Steps) | undefined
}

/** Every n units. */
export class EvenSteps implements Steps {
  readonly every: number

  constructor(every: number) {
    this.every = every
  }

  at(k: number): number {
    return k * this.every
  }

  before(units: number): number {
    return Math.max(0, Math.floor(units / this.every))
  }

  get shortest(): number {
    return this.every
  }

  get words(): string {
    return String(this.every)
  }

  get definition(): string {
    return String(this.every)
  }
}

/**
 * Every so many units at random, the same in every process. Step k lies at k times the
 * middle of min and max, rounded down, and then 0 to (max - min) / 2 whole units further
 * by its own draw: so every gap stays within min..max, and no step asks for those before.
 */
export class RandomSteps implements Steps {
  readonly min: number
  readonly max: number
  readonly #seed: string
  readonly #hash: number

  constructor(min: number, max: number, seed: string) {
    this.min = min
    this.max = max
    this.#seed = seed
    this.#hash = hashOf(seed)
  }

  at(k: number): number {
    if (k === 0) return 0
    const room = Math.floor((this.max - this.min) / 2)
    const drawn = Math.floor(hashUnit(this.#hash, k) * (room + 1))
    return Math.floor((k * (this.min + this.max)) / 2) + drawn
  }

  before(units: number): number {
    // A step strays by less than the middle gap, so the one before the nominal step is surely passed.
    return Math.max(0, Math.floor((units * 2) / (this.min + this.max)) - 1)
  }

  get shortest(): number {
    return this.min
  }

  get words(): string {
    return `${this.min} to ${this.max}`
  }

  get definition(): string {
    return `${this.min}..${this.max} by ${JSON.stringify(this.#seed)}`
  }

  reseed(seed: string): RandomSteps {
    return new RandomSteps(this.min, this.max, seed)
  }
}

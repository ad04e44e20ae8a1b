import {
  aliveMs,
  type Beat,
  type Release,
  type SignOfLife,
  type Span,
  shortestDowntimeMs,
  spansKept,
} from '../connection/index.ts'

/** Which release rules, which processes are alive, and when none was. */
export class MemoryReleases {
  #ruling: string | undefined
  /** In the order in which they were registered for the first time. */
  readonly #born: string[] = []
  /** By process: its release, and until when it counts as alive. */
  readonly #processes = new Map<string, { release: string; until: number }>()
  #seen: number | undefined
  readonly downtimes: Span[] = []

  /**
   * A process brings its release.
   * @returns whether it rules now
   */
  register({ id, process }: Pick<Release, 'id' | 'process'>, now: number): boolean {
    const seen = this.#seen ?? now
    if (now - seen > shortestDowntimeMs) this.#noteDowntime(process, { from: seen, to: now })
    this.#alive({ release: id, process }, now)
    if (!this.#born.includes(id)) this.#born.push(id)
    if (this.#youngerLives(id, now)) return false
    this.#ruling = id
    return true
  }

  beat(sign: SignOfLife, now: number): Beat['rule'] {
    if (sign.absent) this.#noteDowntime(sign.process, sign.absent)
    this.#alive(sign, now)
    return this.#ruleFor(sign.release, now)
  }

  /** The last sign of life, when nobody is alive. */
  silentSince(now: number): number | undefined {
    for (const { until } of this.#processes.values()) if (until > now) return undefined
    return this.#seen
  }

  #alive(sign: Pick<SignOfLife, 'release' | 'process' | 'leaving'>, now: number): void {
    const { release, process } = sign
    this.#seen = now
    if (sign.leaving) this.#processes.delete(process)
    else this.#processes.set(process, { release, until: now + aliveMs })
  }

  /** Nobody fired ticks in a span, unless another process is alive. */
  #noteDowntime(process: string, span: { from: number; to: number }): void {
    for (const [name, { until }] of this.#processes) {
      if (name !== process && until > span.to) return
    }
    this.downtimes.push(span)
    this.downtimes.splice(0, this.downtimes.length - spansKept)
  }

  #ruleFor(release: string, now: number): Beat['rule'] {
    if (this.#ruling === release) return 'ours'
    return this.#youngerLives(release, now) ? 'another' : 'vacant'
  }

  /** Whether a process of a release that was registered for the first time later is alive. */
  #youngerLives(release: string, now: number): boolean {
    const born = this.#born.indexOf(release)
    for (const process of this.#processes.values()) {
      if (process.until > now && this.#born.indexOf(process.release) > born) return true
    }
    return false
  }
}

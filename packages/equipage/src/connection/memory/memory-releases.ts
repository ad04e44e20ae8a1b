import {
  aliveMs,
  type Beat,
  type Release,
  type SignOfLife,
  type Span,
  shortestDowntimeMs,
  spansKept,
} from '../tick-memory.ts'

/** Which release rules, which processes are alive, and when none was. */
export class MemoryReleases {
  #ruling: string | undefined
  readonly #superseded = new Set<string>()
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
    if (this.#ruling === id) return true
    if (this.#ruling !== undefined && this.#superseded.has(id) && this.#lives(this.#ruling, now)) {
      return false
    }
    if (this.#ruling !== undefined) this.#superseded.add(this.#ruling)
    this.#superseded.delete(id)
    this.#ruling = id
    return true
  }

  beat(sign: SignOfLife, now: number): Beat['rule'] {
    if (sign.absent) this.#noteDowntime(sign.process, sign.absent)
    this.#alive(sign, now)
    return this.#ruleFor(sign.release, now)
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
    return this.#ruling !== undefined && this.#lives(this.#ruling, now) ? 'another' : 'vacant'
  }

  #lives(release: string, now: number): boolean {
    for (const process of this.#processes.values()) {
      if (process.release === release && process.until > now) return true
    }
    return false
  }
}

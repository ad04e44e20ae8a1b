import { aliveMs, type Beat, type Release, type Span, spansKept } from '../tick-memory.ts'

/** A shorter silence is no downtime: a restart, or two signs of life in the same moment. */
const shortestDowntimeMs = 1_000

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
    this.alive(id, process, now)
    if (this.#ruling === id) return true
    if (this.#ruling !== undefined && this.#superseded.has(id) && this.#lives(this.#ruling, now)) {
      return false
    }
    if (this.#ruling !== undefined) this.#superseded.add(this.#ruling)
    this.#superseded.delete(id)
    this.#ruling = id
    return true
  }

  /** A process gives a sign of life; when none was alive before, that was a downtime. */
  alive(release: string, process: string, now: number): void {
    for (const [name, { until }] of this.#processes) if (until <= now) this.#processes.delete(name)
    const silent = this.#seen !== undefined && now - this.#seen > shortestDowntimeMs
    if (silent && this.#processes.size === 0) {
      this.downtimes.push({ from: this.#seen ?? now, to: now })
      this.downtimes.splice(0, this.downtimes.length - spansKept)
    }
    this.#seen = now
    this.#processes.set(process, { release, until: now + aliveMs })
  }

  leave(process: string): void {
    this.#processes.delete(process)
  }

  /** How a release stands to the ruling one. */
  ruleFor(release: string, now: number): Beat['rule'] {
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

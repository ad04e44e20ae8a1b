import {
  aliveMs,
  type Deployment,
  type HeartbeatReply,
  type SchedulerReport,
  type Span,
  shortestDowntimeMs,
  spansKept,
} from '../connection/index.ts'

/** Which release rules, which processes are alive, and when none was. */
export class MemoryDeployments {
  #ruling: string | undefined
  /** In the order in which they were registered for the first time. */
  readonly #born: string[] = []
  /** By process: its release, and until when it counts as alive. */
  readonly #processes = new Map<string, { deployment: string; until: number }>()
  #seen: number | undefined
  readonly downtimes: Span[] = []

  /**
   * A process brings its release.
   * @returns whether it rules now
   */
  register({ id, process }: Pick<Deployment, 'id' | 'process'>, now: number): boolean {
    const seen = this.#seen ?? now
    if (now - seen > shortestDowntimeMs) this.#noteDowntime(process, { from: seen, to: now })
    this.#alive({ deployment: id, process }, now)
    if (!this.#born.includes(id)) this.#born.push(id)
    if (this.#youngerLives(id, now)) return false
    this.#ruling = id
    return true
  }

  heartbeat(report: SchedulerReport, now: number): HeartbeatReply['rule'] {
    if (report.absent) this.#noteDowntime(report.process, report.absent)
    this.#alive(report, now)
    return this.#ruleFor(report.deployment, now)
  }

  /** The last sign of life, when nobody is alive. */
  silentSince(now: number): number | undefined {
    for (const { until } of this.#processes.values()) if (until > now) return undefined
    return this.#seen
  }

  #alive(report: Pick<SchedulerReport, 'deployment' | 'process' | 'leaving'>, now: number): void {
    const { deployment, process } = report
    this.#seen = now
    if (report.leaving) this.#processes.delete(process)
    else this.#processes.set(process, { deployment, until: now + aliveMs })
  }

  /** Nobody fired ticks in a span, unless another process is alive. */
  #noteDowntime(process: string, span: { from: number; to: number }): void {
    for (const [name, { until }] of this.#processes) {
      if (name !== process && until > span.to) return
    }
    this.downtimes.push(span)
    this.downtimes.splice(0, this.downtimes.length - spansKept)
  }

  #ruleFor(deployment: string, now: number): HeartbeatReply['rule'] {
    if (this.#ruling === deployment) return 'ours'
    return this.#youngerLives(deployment, now) ? 'another' : 'vacant'
  }

  /** Whether a process of a release that was registered for the first time later is alive. */
  #youngerLives(deployment: string, now: number): boolean {
    const born = this.#born.indexOf(deployment)
    for (const process of this.#processes.values()) {
      if (process.until > now && this.#born.indexOf(process.deployment) > born) return true
    }
    return false
  }
}

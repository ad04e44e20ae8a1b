import { type Clock, settlesWithin } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** How long an address has to answer. */
const pingTimeoutMs = 5_000

/**
 * GET requests that tell a watcher outside of a run, and hold nothing up. Each is tried once: the
 * watcher notices one that is missing, which is what it is for.
 */
export class Pings {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #underway = new Set<Promise<void>>()

  constructor(dependencies: { log: Logger; clock: Clock }) {
    this.#log = dependencies.log
    this.#clock = dependencies.clock
  }

  /**
   * Sends one, and returns at once. A failure is logged with the address's origin alone, since
   * its path is what lets anybody ping in our name.
   * @param fields what else the line of a failure says
   */
  send(url: string, fields: Readonly<Record<string, unknown>>): void {
    const ping = this.#send(url).then(fault => {
      this.#underway.delete(ping)
      const { origin } = new URL(url)
      if (fault) this.#log.warn({ ...fields, origin, ...fault }, 'a ping did not arrive')
    })
    this.#underway.add(ping)
  }

  /** Waits until all that were sent have been answered or have failed, `limitMs` at most. */
  async settle(limitMs: number): Promise<void> {
    if (this.#underway.size > 0)
      await settlesWithin(Promise.all(this.#underway), limitMs, this.#clock)
  }

  /** @returns what went wrong, undefined when nothing did; never rejects */
  async #send(url: string): Promise<{ status: number } | { reason: string } | undefined> {
    const timeout = new AbortController()
    const timer = this.#clock.after(pingTimeoutMs, () => timeout.abort())
    try {
      const { status, body } = await fetch(url, { signal: timeout.signal })
      await body?.cancel()
      return status >= 400 ? { status } : undefined
    } catch (thrown) {
      if (timeout.signal.aborted) return { reason: `no answer within ${pingTimeoutMs} ms` }
      return { reason: reasonOf(thrown) }
    } finally {
      timer.cancel()
    }
  }
}

/** What `fetch` hides behind "fetch failed": a code where there is one, since texts may hold the address. */
function reasonOf(thrown: unknown): string {
  const { cause } = thrown as { cause?: { code?: unknown } }
  return typeof cause?.code === 'string' ? cause.code : 'the request failed'
}

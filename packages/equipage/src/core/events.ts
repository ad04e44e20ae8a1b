import { type Channel, channel } from 'node:diagnostics_channel'

/** Where events can be listened to. `Events` gives the type of each event by its name. */
export interface EventSource<Events> {
  /**
   * Calls `listener` with each event of that name, until the returned function is called. What it
   * throws, or rejects with, is logged and changes nothing; nobody waits for it.
   */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (event: Events[Name]) => unknown,
  ): () => void
}

/** What events are told by. */
export interface EventSink<Events> {
  /** @param make makes the event; not called when nobody listens */
  emit<Name extends keyof Events & string>(name: Name, make: () => Events[Name]): void
}

/**
 * Tells of events: to its listeners, and through `node:diagnostics_channel` under
 * `equipage:<name>`. It costs next to nothing when nobody listens.
 */
export class EventHub<Events> implements EventSource<Events>, EventSink<Events> {
  readonly #listeners = new Map<string, Set<(event: never) => unknown>>()
  readonly #channels = new Map<string, Channel>()
  readonly #failed: (name: string, error: unknown) => void

  /** @param failed told of what a listener threw */
  constructor(failed: (name: string, error: unknown) => void) {
    this.#failed = failed
  }

  on<Name extends keyof Events & string>(
    name: Name,
    listener: (event: Events[Name]) => unknown,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // One of its own, so that a listener given twice is called twice, and can be taken back once.
    const own = (event: Events[Name]) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  emit<Name extends keyof Events & string>(name: Name, make: () => Events[Name]): void {
    const listeners = this.#listeners.get(name)
    const { hasSubscribers } = this.#channel(name)
    if (!hasSubscribers && !listeners?.size) return
    const event = make()
    for (const listener of [...(listeners ?? [])]) this.#call(name, listener, event)
    if (hasSubscribers) this.#channel(name).publish(event)
  }

  #call(name: string, listener: (event: never) => unknown, event: unknown): void {
    const failed = (error: unknown) => this.#failed(name, error)
    try {
      const answer = listener(event as never)
      if (answer instanceof Promise) answer.catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #channel(name: string): Channel {
    let known = this.#channels.get(name)
    if (!known) {
      known = channel(`equipage:${name}`)
      this.#channels.set(name, known)
    }
    return known
  }
}

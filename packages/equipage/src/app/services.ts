import { EquipageError } from '../core/index.ts'

interface Made {
  readonly name: string
  readonly dispose: () => unknown
}

/** Services by name: each made once, on first use, and disposed of in the reverse order. */
export class Services {
  readonly #instances = new Map<string, unknown>()
  readonly #making: string[] = []
  readonly #made: Made[] = []

  /**
   * The service of that name; made by `make` when it is asked for the first time.
   * @param dispose called when the application ends; a service's own `Symbol.asyncDispose` or
   * `Symbol.dispose` when left out
   * @throws E_SERVICE_CYCLE
   */
  get<T>(name: string, make: () => T, dispose?: (service: T) => unknown): T {
    if (this.#instances.has(name)) return this.#instances.get(name) as T
    if (this.#making.includes(name)) {
      const names = [...this.#making.slice(this.#making.indexOf(name)), name]
      throw new EquipageError('E_SERVICE_CYCLE', { names })
    }
    this.#making.push(name)
    try {
      const service = make()
      this.#instances.set(name, service)
      this.#made.push({ name, dispose: () => (dispose ? dispose(service) : disposeOf(service)) })
      return service
    } finally {
      this.#making.pop()
    }
  }

  /**
   * Puts another service in the place of the one of that name. It belongs to the caller, and is
   * not disposed of.
   * @throws E_SERVICE_IN_USE when it has been made: others hold it already
   */
  replace(name: string, service: unknown): void {
    if (this.#made.some(made => made.name === name)) {
      throw new EquipageError('E_SERVICE_IN_USE', { name })
    }
    this.#instances.set(name, service)
  }

  /** Disposes of every service that was made, the last one first; one that fails does not keep the others. */
  async dispose(): Promise<void> {
    const failures: unknown[] = []
    for (let made = this.#made.pop(); made; made = this.#made.pop()) {
      try {
        await made.dispose()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'services could not be disposed of')
  }
}

function disposeOf(service: unknown): unknown {
  if (typeof service !== 'object' || service === null) return undefined
  if (Symbol.asyncDispose in service) return (service as AsyncDisposable)[Symbol.asyncDispose]()
  if (Symbol.dispose in service) return (service as Disposable)[Symbol.dispose]()
  return undefined
}

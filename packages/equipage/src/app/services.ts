import { EquipageError } from '../core/index.ts'

/** What a service is known by: a string for one of the application's own, a symbol for one of the framework's. */
export type ServiceKey = string | symbol

interface Made {
  readonly key: ServiceKey
  readonly dispose: () => unknown
}

/** Services by their keys: each made once, on first use, and disposed of in the reverse order. */
export class Services {
  readonly #instances = new Map<ServiceKey, unknown>()
  readonly #making: ServiceKey[] = []
  readonly #made: Made[] = []

  /**
   * The service of that key; made by `make` when it is asked for the first time.
   * @param dispose called when the application ends; a service's own `Symbol.asyncDispose` or
   * `Symbol.dispose` when left out
   * @throws E_SERVICE_CYCLE
   */
  get<T>(key: ServiceKey, make: () => T, dispose?: (service: T) => unknown): T {
    if (this.#instances.has(key)) return this.#instances.get(key) as T
    if (this.#making.includes(key)) {
      const names = [...this.#making.slice(this.#making.indexOf(key)), key].map(nameOf)
      throw new EquipageError('E_SERVICE_CYCLE', { names })
    }
    this.#making.push(key)
    try {
      const service = make()
      this.#instances.set(key, service)
      this.#made.push({ key, dispose: () => (dispose ? dispose(service) : disposeOf(service)) })
      return service
    } finally {
      this.#making.pop()
    }
  }

  /**
   * Replaces the service of that key. The other one belongs to the caller, and is not disposed of.
   * @throws E_SERVICE_IN_USE when it has been made: others hold it already
   */
  replace(key: ServiceKey, service: unknown): void {
    if (this.#made.some(made => made.key === key)) {
      throw new EquipageError('E_SERVICE_IN_USE', { name: nameOf(key) })
    }
    this.#instances.set(key, service)
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

const nameOf = (key: ServiceKey): string =>
  typeof key === 'symbol' ? (key.description ?? '') : key

function disposeOf(service: unknown): unknown {
  if (typeof service !== 'object' || service === null) return undefined
  if (Symbol.asyncDispose in service) return (service as AsyncDisposable)[Symbol.asyncDispose]()
  if (Symbol.dispose in service) return (service as Disposable)[Symbol.dispose]()
  return undefined
}

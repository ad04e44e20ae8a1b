import { EquipageError, throughJson } from '../../core/index.ts'

/**
 * What a job's finished parts gave, as a connection keeps it: it stands with the job, outlives the
 * worker, and goes away when the job does.
 */
export interface Checkpoints {
  /** The JSON that stands under a name; undefined when there is none. */
  load(name: string): Promise<string | undefined>
  /**
   * Keeps JSON under a name, in place of what stood there.
   * @returns false when the job is no longer this attempt's, and nothing was kept
   */
  save(name: string, json: string): Promise<boolean>
}

/** Checkpoints that live as long as their process. */
export class MemoryCheckpoints implements Checkpoints {
  /** JSON by name. */
  readonly kept = new Map<string, string>()

  async load(name: string): Promise<string | undefined> {
    return this.kept.get(name)
  }

  async save(name: string, json: string): Promise<boolean> {
    this.kept.set(name, json)
    return true
  }
}

const longestName = 200

/** Names of an author's parts begin with it; the framework's own marks stand beside them. */
export const partPrefix = 'part:'

/** The parts of one attempt: each is run to its end once, however many attempts that takes. */
export class AttemptParts {
  readonly #job: string
  readonly #checkpoints: Checkpoints
  readonly #signal: AbortSignal
  readonly #named = new Set<string>()

  constructor(job: string, checkpoints: Checkpoints, signal: AbortSignal) {
    this.#job = job
    this.#checkpoints = checkpoints
    this.#signal = signal
  }

  /**
   * Runs a part, unless an earlier attempt has finished it: then it gives what that gave.
   * @throws E_CHECKPOINT_NAME, E_NOT_JSON; E_JOB_LOST when another worker has the job by now
   */
  async run<T>(name: string, part: () => Promise<T> | T): Promise<T> {
    this.#take(name)
    const stored = await this.#checkpoints.load(partPrefix + name)
    if (stored !== undefined) return JSON.parse(stored)
    // An attempt that is over begins nothing more: the next one may run beside it.
    this.#signal.throwIfAborted()
    const where = `result of checkpoint "${name}" in job "${this.#job}"`
    const result = throughJson(await part(), where)
    const kept = await this.#checkpoints.save(partPrefix + name, JSON.stringify(result))
    if (!kept) throw new EquipageError('E_JOB_LOST', { job: this.#job, checkpoint: name })
    return result as T
  }

  #take(name: unknown): void {
    const fields = { job: this.#job, given: name }
    if (typeof name !== 'string' || name === '' || name.length > longestName) {
      throw new EquipageError('E_CHECKPOINT_NAME', { ...fields, twice: false })
    }
    if (this.#named.has(name)) {
      throw new EquipageError('E_CHECKPOINT_NAME', { ...fields, twice: true })
    }
    this.#named.add(name)
  }
}

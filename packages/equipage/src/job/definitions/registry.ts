import { EquipageError, nearest } from '../../core/index.ts'
import type { Pushable } from '../pushing/index.ts'
import { type ChainDefinition, firstJob } from './define-chain.ts'
import type { GroupDefinition } from './define-group.ts'
import type { JobDefinition } from './define-job.ts'
import { type QueueDefinition, type QueueLimits, unlimited } from './define-queue.ts'

/** A definition that can be pushed. */
export type Definition = JobDefinition | ChainDefinition | GroupDefinition

/** Jobs, chains and groups of an application by their names, which they share: a name means one thing. And its queues. */
export class JobRegistry {
  readonly #entries = new Map<string, { definition: Definition; file: string }>()
  readonly #queues = new Map<string, { definition: QueueDefinition; file: string }>()

  /**
   * @param file where it is exported, for the error
   * @throws E_DUPLICATE_JOB when another definition has its name; the same one twice is fine.
   * E_DUPLICATE_QUEUE for the queue that it was given
   */
  add(definition: Definition, file: string): void {
    const { name } = definition
    const known = this.#entries.get(name)
    if (known?.definition === definition) return
    if (known) throw new EquipageError('E_DUPLICATE_JOB', { name, files: [known.file, file] })
    this.#entries.set(name, { definition, file })
    const { queueDefinition } = definition.kind === 'chain' ? {} : firstJob(definition)
    if (queueDefinition) this.addQueue(queueDefinition, file)
  }

  /**
   * @param file where it is exported, or the job that names it
   * @throws E_DUPLICATE_QUEUE when another definition has its name; the same one twice is fine
   */
  addQueue(definition: QueueDefinition, file: string): void {
    const { name } = definition
    const known = this.#queues.get(name)
    if (known?.definition === definition) return
    if (known) throw new EquipageError('E_DUPLICATE_QUEUE', { name, files: [known.file, file] })
    this.#queues.set(name, { definition, file })
  }

  /** What holds over all workers of a queue. */
  limits(queue: string): QueueLimits {
    return this.#queues.get(queue)?.definition.limits ?? unlimited
  }

  /** The job of that name, or the one that spreads the group of that name; undefined when there is none. */
  job(name: string): JobDefinition | undefined {
    const definition = this.#entries.get(name)?.definition
    return definition && definition.kind !== 'chain' ? firstJob(definition) : undefined
  }

  /** The group of that name; undefined when there is none. */
  group(name: string): GroupDefinition | undefined {
    const definition = this.#entries.get(name)?.definition
    return definition?.kind === 'group' ? definition : undefined
  }

  /** The chain of that name; undefined when there is none. */
  chain(name: string): ChainDefinition | undefined {
    const definition = this.#entries.get(name)?.definition
    return definition?.kind === 'chain' ? definition : undefined
  }

  /**
   * The registered definition behind what a caller pushes.
   * @throws E_UNKNOWN_JOB when nothing, or something else, is registered under its name
   */
  resolve(pushed: Pushable | string): Definition {
    const name = typeof pushed === 'string' ? pushed : pushed.name
    const entry = this.#entries.get(name)
    if (entry && (typeof pushed === 'string' || entry.definition === pushed))
      return entry.definition
    throw new EquipageError('E_UNKNOWN_JOB', {
      name,
      other: entry?.file,
      nearest: nearest(name, this.#entries.keys()),
    })
  }

  /** Every queue that is defined or that a job names, and `default`; sorted. */
  queues(): string[] {
    const names = new Set(['default', ...this.#queues.keys()])
    for (const { definition } of this.#entries.values()) {
      if (definition.kind !== 'chain') names.add(firstJob(definition).queue)
    }
    return [...names].sort()
  }

  /** Every name, sorted. */
  names(): string[] {
    return [...this.#entries.keys()].sort()
  }
}

/** The jobs that a chain or group is made of. */
export function jobsWithin(definition: Definition): readonly { readonly job: JobDefinition }[] {
  if (definition.kind === 'chain') return definition.links
  if (definition.kind === 'job') return []
  return definition.finally ? [...definition.slots, definition.finally] : definition.slots
}

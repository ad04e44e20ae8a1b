import { EquipageError } from '../core/errors.ts'
import { checkName, type JobDefinition } from './define-job.ts'
import type { Pushable } from './pushable.ts'

/** One job of a chain, and how its payload is made of the result before it. */
export interface ChainLink {
  readonly job: JobDefinition
  /** Runs in the worker that finished the job before; left out for the first. */
  readonly payloadOf: ((result: unknown) => unknown) | undefined
}

/** Jobs that follow one another, each given what the one before it found. */
export interface ChainDefinition<Input = unknown, Result = unknown>
  extends Pushable<Input, Result> {
  readonly kind: 'chain'
  readonly links: readonly ChainLink[]
  /**
   * The chain with one more job at its end.
   * @param payloadOf the next job's payload, from the JSON of the result before it; it runs in a
   * worker, so it may use what it is given and nothing else
   */
  andThen<NextInput, NextPayload, NextResult>(
    job: JobDefinition<NextInput, NextPayload, NextResult>,
    payloadOf: (result: Result) => NoInfer<NextInput> | Promise<NoInfer<NextInput>>,
  ): ChainDefinition<Input, NextResult>
}

/**
 * Defines a chain. It has a name, because its hand-over functions are found by it in the
 * worker: code does not travel through a queue.
 * @throws E_BAD_NAME
 */
export function defineChain<Input, Payload, Result>(options: {
  name: string
  start: JobDefinition<Input, Payload, Result>
}): ChainDefinition<Input, Result> {
  checkName('chain', options.name)
  return chainOf(options.name, [{ job: options.start as JobDefinition, payloadOf: undefined }])
}

function chainOf<Input, Result>(
  name: string,
  links: readonly ChainLink[],
): ChainDefinition<Input, Result> {
  return {
    kind: 'chain',
    name,
    links,
    andThen: (job, payloadOf) => {
      if (typeof payloadOf !== 'function') {
        const fields = {
          place: `chain "${name}"`,
          option: `andThen(${job.name}, ...)`,
          given: payloadOf,
        }
        throw new EquipageError('E_BAD_OPTION', {
          ...fields,
          expected: 'a function of the result before it',
        })
      }
      return chainOf(name, [
        ...links,
        { job: job as JobDefinition, payloadOf: payloadOf as ChainLink['payloadOf'] },
      ])
    },
  }
}

/** The job that a push begins with. */
export function firstJob(definition: JobDefinition | ChainDefinition): JobDefinition {
  if (definition.kind === 'job') return definition
  const [first] = definition.links
  if (!first) throw new Error(`chain "${definition.name}" has no job`)
  return first.job
}

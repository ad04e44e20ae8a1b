import { EquipageError } from '../../core/index.ts'
import {
  checkName,
  type HandedOn,
  type OnFailure,
  type Pushable,
  readOnFailure,
} from '../pushing/index.ts'
import type { GroupDefinition } from './define-group.ts'
import type { JobDefinition } from './define-job.ts'
import { checkFollowedJob } from './followed-job.ts'

/** One job of a chain, and how its payload is made of the result before it. */
export interface ChainLink {
  readonly job: JobDefinition
  /** Runs in the worker that finished the job before; left out for the first. */
  readonly payloadOf: ((before: unknown) => unknown) | undefined
  /** Whether it follows also when the job before has failed for good. */
  readonly onFailure: OnFailure
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
   * @param options `onFailure`: when the job before has failed for good, the chain ends (`fail`,
   * the default), or goes on (`continue`); `payloadOf` is given how that job ended then
   */
  andThen<NextInput, NextPayload, NextResult, Policy extends OnFailure = 'fail'>(
    job: JobDefinition<NextInput, NextPayload, NextResult>,
    payloadOf: (
      before: HandedOn<Result, Policy>,
    ) => NoInfer<NextInput> | Promise<NoInfer<NextInput>>,
    options?: { readonly onFailure?: Policy },
  ): ChainDefinition<Input, NextResult>
}

/**
 * Defines a chain. It has a name, because its hand-over functions are found by it in the
 * worker: code does not travel through a queue.
 * @throws E_BAD_NAME; E_BAD_OPTION, as `andThen` does, for a job with unique, debounce or throttle
 */
export function defineChain<Input, Payload, Result>(options: {
  name: string
  start: JobDefinition<Input, Payload, Result>
}): ChainDefinition<Input, Result> {
  checkName('chain', options.name)
  const job = checkFollowedJob(options.start, `chain "${options.name}"`, 'start')
  return chainOf(options.name, [{ job, payloadOf: undefined, onFailure: 'fail' }])
}

function chainOf<Input, Result>(
  name: string,
  links: readonly ChainLink[],
): ChainDefinition<Input, Result> {
  return {
    kind: 'chain',
    name,
    links,
    andThen: (given, payloadOf, options = {}) => {
      const option = `andThen(${given?.name ?? '...'}, ...)`
      const job = checkFollowedJob(given, `chain "${name}", ${option}`, 'job')
      if (typeof payloadOf !== 'function') {
        const expected = 'a function of the result before it'
        const fields = { where: `chain "${name}"`, option, given: payloadOf, expected }
        throw new EquipageError('E_BAD_OPTION', fields)
      }
      const link = {
        job,
        payloadOf: payloadOf as ChainLink['payloadOf'],
        onFailure: readOnFailure(options.onFailure, `chain "${name}", ${option}`),
      }
      return chainOf(name, [...links, link])
    },
  }
}

/** The job that a push begins with. */
export function firstJob(
  definition: JobDefinition | ChainDefinition | GroupDefinition,
): JobDefinition {
  if (definition.kind === 'job') return definition
  if (definition.kind === 'group') return definition.fanOut
  const [first] = definition.links
  if (!first) throw new Error(`chain "${definition.name}" has no job`)
  return first.job
}

import { EquipageError, type Json, throughJson, toError } from '../../core/index.ts'
import {
  checkName,
  type HandedOn,
  type OnFailure,
  type Pushable,
  readOnFailure,
} from '../pushing/index.ts'
import { defineJob, type JobDefinition, type JobOptions } from './define-job.ts'
import { checkFollowedJob } from './followed-job.ts'

/** What a group's author writes, beside its jobs. All but `payload` is about the job that spreads it. */
export type GroupOptions<Input, Payload> = Pick<
  JobOptions<Input, Payload, unknown>,
  'name' | 'payload' | 'queue' | 'delay' | 'priority' | 'tags' | 'keep'
>

/** A member of a group, or a list of members of one job. */
export interface GroupSlot {
  /** Its own in the group: its results are found by it. */
  readonly key: string
  readonly job: JobDefinition
  /** Whether it is a list: as many members as the function gives payloads. */
  readonly list: boolean
  /** Runs in the worker that spreads the group. */
  readonly payloadOf: (input: unknown) => unknown
  /** Whether the group goes on when a member of it has failed for good. */
  readonly onFailure: OnFailure
}

/** The job behind all members. */
export interface GroupFinally {
  readonly job: JobDefinition
  /** Runs in the worker that finished the last of the members. */
  readonly payloadOf: (results: unknown, input: unknown) => unknown
}

/** Jobs that run side by side, and then one more with all that they found. */
export interface GroupDefinition<Input = unknown, Result = unknown>
  extends Pushable<Input, Result> {
  readonly kind: 'group'
  /** What a push of the group pushes, under the group's name: it makes the payloads of the members. */
  readonly fanOut: JobDefinition
  readonly slots: readonly GroupSlot[]
  readonly finally: GroupFinally | undefined
}

type Given<T> = T | Promise<T>

/** Results with those of one more key. */
type Added<Results, Key extends string, Result> = {
  [K in keyof Results | Key]: K extends keyof Results ? Results[K] : Result
}

/** A group that can be given more members. `Results` is what its last job's payload is made of. */
export interface GroupOfMembers<Input = unknown, Payload = unknown, Results = unknown>
  extends GroupDefinition<Input, undefined> {
  /**
   * The group with one more job.
   * @param key its own in the group; the job's result is found by it
   * @param payloadOf the job's payload, from that of the group; it runs in a worker, so it may use
   * what it is given and nothing else, and gives the same when it is called again
   * @param options `onFailure`: when the job has failed for good, the group fails (`fail`, the
   * default) once all others have ended, or goes on (`continue`): the last job is then told how it ended
   * @throws E_BAD_NAME, E_BAD_OPTION
   */
  with<Key extends string, JobInput, JobPayload, Result, Policy extends OnFailure = 'fail'>(
    key: Key,
    job: JobDefinition<JobInput, JobPayload, Result>,
    payloadOf: (input: Payload) => Given<NoInfer<JobInput>>,
    options?: { readonly onFailure?: Policy },
  ): GroupOfMembers<Input, Payload, Added<Results, Key, HandedOn<Result, Policy>>>
  /** The same with as many jobs as `payloadsOf` gives payloads; their results are a list in that order. */
  each<Key extends string, JobInput, JobPayload, Result, Policy extends OnFailure = 'fail'>(
    key: Key,
    job: JobDefinition<JobInput, JobPayload, Result>,
    payloadsOf: (input: Payload) => Given<readonly NoInfer<JobInput>[]>,
    options?: { readonly onFailure?: Policy },
  ): GroupOfMembers<Input, Payload, Added<Results, Key, HandedOn<Result, Policy>[]>>
  /**
   * The group with the job that runs when all members have ended.
   * @param payloadOf its payload, from the JSON of the results by their keys, and the group's own
   * payload; it runs in a worker
   */
  andThen<JobInput, JobPayload, Result>(
    job: JobDefinition<JobInput, JobPayload, Result>,
    payloadOf: (results: Results, input: Payload) => Given<NoInfer<JobInput>>,
  ): GroupDefinition<Input, Result>
}

/** How often spreading may be tried: it does nothing but push, and pushing again does no harm. */
const spreadAttempts = 10

/**
 * Defines a group. It has a name, because its functions are found by it in the worker, and a
 * payload, which they are given.
 * @throws E_BAD_NAME, E_BAD_OPTION, E_BAD_DURATION
 */
export function defineGroup<Input = Record<string, never> | undefined, Payload = Input>(
  options: GroupOptions<Input, Payload>,
): GroupOfMembers<Input, Payload, Record<never, never>> {
  checkName('group', options.name)
  return groupOf(options as GroupOptions<unknown, unknown>, [], undefined) as GroupOfMembers<
    Input,
    Payload,
    Record<never, never>
  >
}

function groupOf(
  options: GroupOptions<unknown, unknown>,
  slots: readonly GroupSlot[],
  finallyJob: GroupFinally | undefined,
): GroupOfMembers {
  const { name } = options
  const more = (list: boolean) => (key: string, job: unknown, payloadOf: unknown, rest?: object) =>
    groupOf(
      options,
      [...slots, slotOf(name, slots, { list, key, job, payloadOf, ...rest })],
      finallyJob,
    )
  const group = {
    kind: 'group',
    name,
    fanOut: fanOutOf(options, slots),
    slots,
    finally: finallyJob,
    with: more(false),
    each: more(true),
    andThen: (job: unknown, payloadOf: unknown) => {
      const where = `group "${name}", andThen(...)`
      const given = {
        job: checkFollowedJob(job, where, 'job'),
        payloadOf: checkFunction(payloadOf, where),
      }
      return groupOf(options, slots, given)
    },
  }
  return group as unknown as GroupOfMembers
}

function slotOf(
  group: string,
  others: readonly GroupSlot[],
  given: { list: boolean; key: string; job: unknown; payloadOf: unknown; onFailure?: unknown },
): GroupSlot {
  const { list, key } = given
  checkName('member of a group', key)
  const where = `group "${group}", ${list ? 'each' : 'with'}(${key}, ...)`
  if (others.some(other => other.key === key)) {
    const expected = 'a key that no other member has'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'key', given: key, expected })
  }
  return {
    key,
    job: checkFollowedJob(given.job, where, 'job'),
    list,
    payloadOf: checkFunction(given.payloadOf, where),
    onFailure: readOnFailure(given.onFailure, where),
  }
}

function checkFunction(given: unknown, where: string): (...args: unknown[]) => unknown {
  if (typeof given === 'function') return given as (...args: unknown[]) => unknown
  const expected = 'a function that makes the payload'
  throw new EquipageError('E_BAD_OPTION', { where, option: 'payload', given, expected })
}

/** The job that makes the payloads, by the keys of their members; the pipeline pushes what it gives. */
function fanOutOf(
  options: GroupOptions<unknown, unknown>,
  slots: readonly GroupSlot[],
): JobDefinition {
  const { name } = options
  const job = defineJob<unknown, unknown, Record<string, Json>>({
    ...options,
    attempts: spreadAttempts,
    async run({ payload }) {
      const payloads: Record<string, Json> = {}
      for (const slot of slots) payloads[slot.key] = await payloadsOf(name, slot, payload)
      return payloads
    },
  })
  return job as JobDefinition
}

async function payloadsOf(
  group: string,
  { key, job, payloadOf, list }: GroupSlot,
  input: unknown,
): Promise<Json> {
  try {
    const made = (await payloadOf(input)) ?? {}
    if (!list) return throughJson(made, `payload of "${key}"`)
    if (!Array.isArray(made)) throw new TypeError(`each("${key}", ...) gave no list`)
    return throughJson(
      made.map(payload => payload ?? {}),
      `payloads of "${key}"`,
    )
  } catch (thrown) {
    const cause = toError(thrown)
    const fields = { group, job: job.name, reason: cause.message }
    throw new EquipageError('E_GROUP_HANDOVER', fields, { cause })
  }
}

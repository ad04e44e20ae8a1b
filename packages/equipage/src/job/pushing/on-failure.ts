import { EquipageError, type Json } from '../../core/index.ts'

/** What a job's final failure means for the chain or group it belongs to. */
export type OnFailure = 'fail' | 'continue'

/** How a job of a chain or group ended, as whoever goes on after a failure is told. */
export type JobEnd<Result = unknown> =
  | { readonly state: 'completed'; readonly result: Result }
  | {
      readonly state: 'failed'
      readonly error: { readonly name: string; readonly message: string }
    }

/** What is handed on of a job: its bare result, or under `continue` how it ended. */
export type HandedOn<Result, Policy extends OnFailure> = Policy extends 'continue'
  ? JobEnd<Result>
  : Result

/** How much of an error's message is handed on, in characters. */
const longestMessage = 10_000

/** A final failure as data. */
export function failedEnd({ name, message }: Error): JobEnd<never> {
  return { state: 'failed', error: { name, message: message.slice(0, longestMessage) } }
}

/** What a function that goes on after a job is given of it. */
export function handedOn(end: JobEnd<Json>, policy: OnFailure): unknown {
  return policy === 'fail' && end.state === 'completed' ? end.result : end
}

/**
 * @param where whose option it is, for the error: `chain "flights.day"`
 * @throws E_BAD_OPTION
 */
export function readOnFailure(given: unknown, where: string): OnFailure {
  if (given === undefined) return 'fail'
  if (given === 'fail' || given === 'continue') return given
  const expected = "'fail' or 'continue'"
  throw new EquipageError('E_BAD_OPTION', { where, option: 'onFailure', given, expected })
}

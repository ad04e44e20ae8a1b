import { EquipageError } from '../../core/index.ts'

/** Names of jobs, chains, groups and queues: BullMQ's keys are separated by colons, so they hold none. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * @param kind what is named, for the error
 * @throws E_BAD_NAME
 */
export function checkName(
  kind: 'job' | 'chain' | 'group' | 'member of a group' | 'queue',
  name: unknown,
): void {
  if (typeof name !== 'string' || !nameForm.test(name)) {
    throw new EquipageError('E_BAD_NAME', { kind, given: name })
  }
}

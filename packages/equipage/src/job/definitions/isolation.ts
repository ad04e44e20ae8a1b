import { EquipageError, sizeBytes } from '../../core/index.ts'

/** When a process that runs isolated jobs is replaced by a fresh one; looked at after each job. */
export interface IsolateOptions {
  /** After how many jobs, 1 (each gets a fresh process) or more; 100 when left out. */
  maxJobs?: number
  /** With how much resident memory: `'512MB'`, the default, or `'2GB'`. */
  maxMemory?: string
}

/** The same, checked. */
export interface Isolation {
  readonly maxJobs: number
  readonly maxMemoryBytes: number
}

const defaultMaxJobs = 100
const defaultMaxMemory = '512MB'

/**
 * @param where the job, as an error shall name it
 * @returns null when the job runs where its worker does
 * @throws E_BAD_OPTION, E_BAD_SIZE
 */
export function readIsolation(
  given: boolean | IsolateOptions | undefined,
  where: string,
): Isolation | null {
  if (given === undefined || given === false) return null
  const options = given === true ? {} : given
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const expected = "true, false, or limits such as { maxJobs: 20, maxMemory: '1GB' }"
    throw new EquipageError('E_BAD_OPTION', { where, option: 'isolate', given, expected })
  }
  const { maxJobs = defaultMaxJobs, maxMemory = defaultMaxMemory, ...unknown } = options
  const [stranger] = Object.keys(unknown)
  if (stranger !== undefined) {
    const expected = 'maxJobs and maxMemory alone'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'isolate', given: stranger, expected })
  }
  if (!Number.isSafeInteger(maxJobs) || maxJobs < 1) {
    const fields = { where, option: 'isolate.maxJobs', given: maxJobs }
    throw new EquipageError('E_BAD_OPTION', { ...fields, expected: 'a whole number, 1 or more' })
  }
  return { maxJobs, maxMemoryBytes: sizeBytes(maxMemory, `${where}, isolate.maxMemory`) }
}

import { destination } from 'pino'
import { EquipageError, toError } from '../core/index.ts'

/**
 * A file that lines are appended to, each before the call that logs it returns. Its folder is made.
 * @throws E_LOG_FILE
 */
export function openLogFile(file: string): ReturnType<typeof destination> {
  try {
    return destination({ dest: file, sync: true, mkdir: true })
  } catch (thrown) {
    const cause = toError(thrown)
    throw new EquipageError('E_LOG_FILE', { file, reason: cause.message }, { cause })
  }
}

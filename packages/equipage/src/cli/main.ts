import { type ErrorCode, isEquipageError } from '../core/index.ts'
import { buildProgram } from './program.ts'

/** Runs the `equipage` command of this process. */
export async function main(): Promise<void> {
  try {
    const note = (text: string) => void process.stderr.write(`${text}\n`)
    await buildProgram(text => console.log(text), note).parseAsync()
  } catch (error) {
    if (!isEquipageError(error)) throw error
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = fixed(error.code) ? 1 : 78
  }
}

/** Whether another try, or another command line, may do: the application itself is in order. */
const fixed = (code: ErrorCode): boolean =>
  code.startsWith('E_CONNECTION') || commandFaults.has(code)

const commandFaults: ReadonlySet<ErrorCode> = new Set([
  'E_BAD_ARGUMENT',
  'E_JOB_ID_TWICE',
  'E_JOB_CONFLICTING',
  'E_JOB_STATE',
  'E_SCHEDULE_NOT_REGISTERED',
  'E_UNKNOWN_JOB_ID',
  'E_UNKNOWN_QUEUE',
  'E_UNKNOWN_SCHEDULE',
])

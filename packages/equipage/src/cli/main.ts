import { isEquipageError } from '../core/errors.ts'
import { buildProgram } from './program.ts'

/** Runs the `equipage` command of this process. */
export async function main(): Promise<void> {
  try {
    await buildProgram(text => console.log(text)).parseAsync()
  } catch (error) {
    if (!isEquipageError(error)) throw error
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = error.code.startsWith('E_CONNECTION') ? 1 : 78
  }
}

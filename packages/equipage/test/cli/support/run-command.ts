import { buildProgram } from '../../../src/cli/program.ts'

/** What one command wrote. */
export interface Answer {
  /** To standard output. */
  readonly text: string
  /** To standard error. */
  readonly notes: string
}

/**
 * Runs one command over an application, in this process. A test that makes one fail puts
 * `process.exitCode` back.
 */
export async function runCommand(folder: string, ...args: string[]): Promise<Answer> {
  const printed: string[] = []
  const notes: string[] = []
  const program = buildProgram(
    text => printed.push(text),
    text => notes.push(text),
  )
  await program.parseAsync(['--app', folder, ...args], { from: 'user' })
  return { text: printed.join('\n'), notes: notes.join('\n') }
}

/** The answer of a command with `--json`. */
export async function jsonOf(folder: string, ...args: string[]) {
  return JSON.parse((await runCommand(folder, ...args, '--json')).text)
}

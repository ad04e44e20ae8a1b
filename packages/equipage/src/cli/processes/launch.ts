import module from 'node:module'
import { dirname } from 'node:path'
import type { AppModule } from './app-module.ts'
import { keepCompiledCode } from './compile-cache.ts'
import { nearestPackage } from './nearest-package.ts'
import type { RunningRole } from './roles.ts'

export type { AppModule }

/** The oldest Node that runs everything: TypeScript without a build, and SQLite. */
const oldestNode = 24

/** Exit codes, after sysexits.h where it has one. */
const exitCodes = { fine: 0, failed: 1, configuration: 78 } as const

/**
 * Runs one of the application's processes until it is told to stop, and ends the process.
 *
 * 1. Answers SIGTERM and SIGINT from the first moment, before the application is loaded; a
 *    second one ends the process at once.
 * 2. Loads the application. A fault of the configuration or of a definition is told in one
 *    message, and the exit code is 78.
 * 3. Starts the role, and waits for a signal, or until it has nothing more to do. To a process
 *    that another one forked, the loss of that one is a signal.
 * 4. Stops it within its grace period, and exits with 0, or 1 when jobs had to be handed back.
 *
 * When a job ends the process before that, the log says which jobs ran, and the exit code is not 0.
 *
 * This file imports nothing that an older Node could not read, so that it can say so.
 *
 * @param role which process this is
 * @param load imports the application's module, such as `app/index.ts`: it exports `createApp`, or a
 * class `App`
 */
export async function launch(
  role: 'scheduler' | 'queues',
  load: () => Promise<AppModule>,
): Promise<never> {
  const stopRequest = listenForSignals()
  const given = process.versions.node
  if (Number.parseInt(given, 10) < oldestNode) {
    return end(
      `Equipage needs Node ${oldestNode} or newer, and this is ${given}. Run \`npm start\`, or \`npx node ${role}.ts\`: they use the Node that npm install has put into node_modules.`,
      exitCodes.configuration,
    )
  }
  const [, entry = ''] = process.argv
  keepCompiledCode(nearestPackage(dirname(entry)))
  let running: RunningRole
  try {
    const { startRole } = await import('./roles.ts')
    const { appOf } = await import('./app-module.ts')
    const loaded = await load()
    if (stopRequest.aborted) process.exit(exitCodes.fine)
    running = await startRole(role, appOf(loaded, entry), process.argv.slice(2))
    // Now, since a process that is killed writes nothing at its end.
    module.flushCompileCache()
  } catch (error) {
    return endWithFault(error)
  }
  const abandon = (code: number) => {
    running.abandon()
    if (code === exitCodes.fine) process.exitCode = exitCodes.failed
  }
  process.once('exit', abandon)
  const code = await Promise.race([aborted(stopRequest), running.ended])
  const { handedBack } = await running.stop()
  process.off('exit', abandon)
  process.exit(handedBack > 0 ? exitCodes.failed : code)
}

/** Aborts at the first signal, or when the process that forked this one lets go of it; the second one ends the process, with the code that shells give it. */
function listenForSignals(): AbortSignal {
  const request = new AbortController()
  const codes = { SIGINT: 130, SIGTERM: 143 }
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      if (request.signal.aborted) process.exit(code)
      request.abort()
    })
  }
  // Whoever forked it may be gone before anything listens.
  if (process.connected) process.once('disconnect', () => request.abort())
  else if (process.send) request.abort()
  return request.signal
}

/** Resolves with the exit code of a stop that was asked for. */
function aborted(signal: AbortSignal): Promise<number> {
  return new Promise(resolve => {
    const stop = () => resolve(exitCodes.fine)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** A fault of ours is one message; anything else is shown with its stack. */
async function endWithFault(error: unknown): Promise<never> {
  const { CommanderError } = await import('commander')
  // It has been told already; its own code is 0 for --help and 1 for a wrong command line.
  if (error instanceof CommanderError) {
    process.exit(error.exitCode === 0 ? exitCodes.fine : exitCodes.configuration)
  }
  const { isEquipageError } = await import('../../core/index.ts')
  if (isEquipageError(error)) {
    // What is away may come back: a supervisor that starts the process again is right to.
    const code = error.code === 'E_DATABASE_AWAY' ? exitCodes.failed : exitCodes.configuration
    return end(`${error.code}: ${error.message}`, code)
  }
  console.error(error)
  process.exit(exitCodes.failed)
}

function end(message: string, code: number): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

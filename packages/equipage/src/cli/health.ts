import type { Runtime } from '../app/index.ts'
import type { Print } from './terminal/index.ts'

/** `equipage health`: that it gets this far says that the configuration is valid. */
export async function health(runtime: Runtime, print: Print): Promise<void> {
  const connection = await runtime.connection
  await connection.check()
  print(`${connection.name} answers`)
}

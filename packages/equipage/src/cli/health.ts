import type { AnyApp } from '../app/index.ts'
import type { Print } from './terminal/index.ts'

/** `equipage health`: that it gets this far says that the configuration is valid. */
export async function health(app: AnyApp, print: Print): Promise<void> {
  const connection = await app.connection
  await connection.check()
  print(`${connection.name} answers`)
}

import { existsSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'

/**
 * Keeps compiled code beside the application, where nobody else writes: a second start needs about
 * half of the time. Where the folder cannot be written, everything is compiled each time.
 * @param folder the application's
 */
export function keepCompiledCode(folder: string): void {
  const modules = join(folder, 'node_modules')
  if (existsSync(modules)) module.enableCompileCache(join(modules, '.cache', 'equipage'))
}

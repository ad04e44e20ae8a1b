import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyApp } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'

/**
 * The application that a command works on.
 * @param given the folder, or the file app/index.ts itself; beside the nearest package.json when left out
 * @throws E_NO_APP
 */
export async function findApp(given: string | undefined): Promise<AnyApp> {
  const start = resolve(given ?? process.cwd())
  const file = given?.match(/\.[mc]?[jt]s$/)
    ? start
    : indexOf(given ? start : nearestPackage(start))
  if (!file || !existsSync(file)) throw new EquipageError('E_NO_APP', { where: start })
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const { createApp } = module
  if (typeof createApp !== 'function') throw new EquipageError('E_NO_APP', { where: file })
  // Its folder, because the command may have been called from elsewhere.
  return createApp(nearestPackage(dirname(file))) as AnyApp
}

function indexOf(folder: string): string | undefined {
  return ['index.ts', 'index.js'].map(name => join(folder, 'app', name)).find(existsSync)
}

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder
  return nearestPackage(dirname(folder))
}

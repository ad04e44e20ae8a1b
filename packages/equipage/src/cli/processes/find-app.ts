import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyApp } from '../../app/index.ts'
import { EquipageError, toError } from '../../core/index.ts'
import { appOf } from './app-module.ts'
import { nearestPackage } from './nearest-package.ts'

/**
 * The application that a command works on: that of the file which the nearest package.json names as
 * `"equipage": { "app": "src/background.ts" }`, else that of app/index.ts.
 * @param given the application's folder, or its file; the nearest package.json's when left out
 * @param basePath where it looks for its files; beside the package.json that is nearest to its file
 * when left out, because the command may have been called from elsewhere
 * @throws E_NO_APP, E_APP_FILE
 */
export async function findApp(given: string | undefined, basePath?: string): Promise<AnyApp> {
  const start = resolve(given ?? process.cwd())
  const file = given?.match(/\.[mc]?[jt]s$/) ? start : fileOf(given, start)
  if (!file || !existsSync(file)) throw new EquipageError('E_NO_APP', { where: file ?? start })
  const module = (await import(pathToFileURL(file).href)) as object
  return appOf(module, file, basePath ?? nearestPackage(dirname(file)))
}

function fileOf(given: string | undefined, start: string): string | undefined {
  const folder = nearestPackage(start)
  return namedIn(folder) ?? indexOf(given === undefined ? folder : start)
}

/** The file that a package.json names. */
function namedIn(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  try {
    const { equipage } = JSON.parse(readFileSync(file, 'utf8')) as { equipage?: { app?: unknown } }
    const app = equipage?.app
    return typeof app === 'string' ? resolve(folder, app) : undefined
  } catch (thrown) {
    const cause = toError(thrown)
    throw new EquipageError('E_APP_FILE', { file, reason: cause.message }, { cause })
  }
}

function indexOf(folder: string): string | undefined {
  return ['index.ts', 'index.js'].map(name => join(folder, 'app', name)).find(existsSync)
}

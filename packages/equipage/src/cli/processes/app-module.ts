import { dirname } from 'node:path'
import { type AnyApp, Equipage } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'
import { nearestPackage } from './nearest-package.ts'

/** The module of an application: it makes one itself, or has the class alone. */
export type AppModule =
  | { createApp: (basePath?: string) => AnyApp }
  | { App: new (basePath: string) => AnyApp }

/**
 * Makes the application of a module.
 * @param file the module, or the file that imports it
 * @param basePath the application's folder; where it is left out, `createApp` decides, and a class
 * alone is given the folder of the package.json nearest to the file
 * @throws E_NO_APP, and the faults of the configuration
 */
export function appOf(module: object, file: string, basePath?: string): AnyApp {
  const { createApp, App } = module as { createApp?: unknown; App?: unknown }
  if (typeof createApp === 'function') return createApp(basePath) as AnyApp
  if (typeof App === 'function' && App.prototype instanceof Equipage) {
    const made = App as new (basePath: string) => AnyApp
    return new made(basePath ?? nearestPackage(dirname(file)))
  }
  throw new EquipageError('E_NO_APP', { where: file })
}

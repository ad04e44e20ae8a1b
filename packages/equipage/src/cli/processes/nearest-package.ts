import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The nearest folder, upwards from one, that has a package.json; the root of all folders where none has. */
export function nearestPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder
  return nearestPackage(dirname(folder))
}

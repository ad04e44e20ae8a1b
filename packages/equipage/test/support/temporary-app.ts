import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './temporary-folder.ts'

const repository = join(import.meta.dirname, '..', '..', '..', '..')

/** What the files of a temporary application can import by name. */
const packages = {
  equipage: join(repository, 'packages', 'equipage'),
  kysely: join(repository, 'node_modules', 'kysely'),
  zod: join(repository, 'node_modules', 'zod'),
}

/** An `app/index.ts` that adds nothing: the framework's settings, and the folder that it is given. */
export const plainApp = `
  import { Equipage } from 'equipage'
  import { defineConfig } from 'equipage/config'
  export class App extends Equipage {
    static override config = defineConfig({})
  }
  export const createApp = (basePath?: string) => App.make(basePath)
`

/**
 * Writes an application into a folder of its own, gone when the test ends. Its files can import
 * `equipage` (this very source), `kysely` and `zod`; beside what is given it has a package.json.
 * @param files source text by path, such as `app/jobs/report.ts`
 * @returns the folder, absolute
 */
export function temporaryApp(test: TestContext, { files }: { files: Record<string, string> }) {
  const folder = temporaryFolder(test)
  const all = { 'package.json': '{ "name": "temporary", "type": "module" }', ...files }
  for (const [path, source] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), source)
  }
  mkdirSync(join(folder, 'node_modules'))
  for (const [name, target] of Object.entries(packages)) {
    symlinkSync(target, join(folder, 'node_modules', name), 'dir')
  }
  return folder
}

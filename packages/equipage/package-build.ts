import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * Before and after `npm pack` and `npm publish` (the scripts `prepack` and `postpack`): what is packed
 * is compiled JavaScript with declarations, and a package.json that names it; in the repository
 * package.json names the sources, which run as they are.
 *
 * The repository's package.json stands aside meanwhile. Where a pack was interrupted, the next one
 * begins by putting it back.
 */
const folder = import.meta.dirname
const root = join(folder, '..', '..')
const manifest = join(folder, 'package.json')
const aside = join(folder, 'package.json.repository')

function restore(): void {
  if (existsSync(aside)) renameSync(aside, manifest)
}

function build(): void {
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { status } = spawnSync(tsc, ['-p', join(folder, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

/** Each entry as those who install it find it: declarations first, since the first condition that fits counts. */
function compiled(source: string): { types: string; default: string } {
  const base = source.replace('./src/', './dist/').replace(/\.ts$/, '')
  return { types: `${base}.d.ts`, default: `${base}.js` }
}

restore()
if (process.argv[2] === 'prepack') {
  build()
  const { scripts: _, devDependencies: __, ...own } = JSON.parse(readFileSync(manifest, 'utf8'))
  const exports = Object.fromEntries(
    Object.entries(own.exports as Record<string, string>).map(([name, source]) => [
      name,
      compiled(source),
    ]),
  )
  copyFileSync(manifest, aside)
  writeFileSync(manifest, `${JSON.stringify({ ...own, exports }, null, 2)}\n`)
}

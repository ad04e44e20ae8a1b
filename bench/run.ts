import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'

// npm run bench NAME: runs bench/NAME.ts, with whatever stands after the name.
const [name = ''] = process.argv.slice(2)
const file = join(import.meta.dirname, `${name}.ts`)

if (/^[a-z-]+$/.test(name) && name !== 'run' && existsSync(file)) {
  await import(file)
} else {
  const names = globSync('*.ts', { cwd: import.meta.dirname }).map(path => basename(path, '.ts'))
  const known = names.filter(known => known !== 'run').sort()
  process.stderr.write(`There is no benchmark "${name}". There are: ${known.join(', ')}\n`)
  process.exitCode = 1
}

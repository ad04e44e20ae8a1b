import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const folder = join(import.meta.dirname, '..', '..', 'src', 'testing')

test('what tests are given needs no test runner', () => {
  const files = globSync('**/*.ts', { cwd: folder })
  assert.ok(files.length > 5)
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8')
    const outside = Array.from(text.matchAll(/from '([^.'][^']*)'/g), ([, name = '']) => name)
    const foreign = outside.filter(name => !/^(node:(?!test)\w+|pino)$/.test(name))
    assert.deepEqual(foreign, [], file)
  }
})

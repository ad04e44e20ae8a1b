import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { frameworkConfig } from '../../src/config/index.ts'
import { type Setting, settingsOf } from '../../src/config/schema.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const page = readFileSync(join(root, 'docs', 'reference', 'configuration.md'), 'utf8')
const example = readFileSync(join(root, '.env.example'), 'utf8')

/** The rows of the page's tables whose first cell is a variable, cell by cell. */
function rowsOf(text: string): string[][] {
  const rows = text.matchAll(/^\| (`[A-Z_]+` \|.*) \|$/gm)
  return Array.from(rows, ([, cells = '']) => cells.split(' | '))
}

/** A setting as the page shows it. */
function rowOf(path: string, { env, default: value, format, doc }: Setting): string[] {
  const allowed = 'expected' in format ? format.expected : format.name
  const shown = value === null ? 'not set' : `\`${[value].flat().join(',')}\``
  return [`\`${env}\``, `\`${path}\``, shown === '``' ? 'none' : shown, allowed, doc]
}

describe('docs/reference/configuration.md', () => {
  it('lists every setting of the framework: variable, path, default, what is allowed, what for', () => {
    const settings = Array.from(settingsOf(frameworkConfig), ([path, setting]) =>
      rowOf(path, setting),
    )
    assert.deepEqual(rowsOf(page), settings)
  })
})

describe('.env.example', () => {
  it('names no variable that is not read', () => {
    const known = Array.from(settingsOf(frameworkConfig), ([, { env }]) => env)
    const named = Array.from(example.matchAll(/^#?([A-Z_]+)=/gm), ([, name = '']) => name)
    assert.ok(named.length > 10)
    for (const name of named) assert.ok(known.includes(name), name)
  })
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { test } from 'node:test'

const source = join(import.meta.dirname, '..', 'src')

/** The rooms from the lowest up: a file imports from its own room and from those before it. Rooms of one line stand side by side, and do not see each other. */
const order = [
  ['core'],
  ['config', 'log'],
  ['database'],
  ['history'],
  ['job'],
  ['connection'],
  ['queue'],
  ['worker', 'schedule', 'batch'],
  ['app'],
  ['web', 'cli'],
  ['testing'],
]

interface Source {
  /** Relative to src, with forward slashes. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

const importForm =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|(?:^|\n)import\s+'([^']+)'/g

const sources: Source[] = globSync('**/*.ts', { cwd: source }).map(name => {
  const path = name.split(sep).join('/')
  const text = readFileSync(join(source, name), 'utf8')
  const imports = Array.from(
    text.matchAll(importForm),
    ([, from, lazy, bare]) => from ?? lazy ?? bare ?? '',
  )
  return { path, room: path.includes('/') ? (path.split('/')[0] ?? '') : '', text, imports }
})

function target(file: Source, specifier: string): string {
  return relative(source, join(source, dirname(file.path), specifier))
    .split(sep)
    .join('/')
}

const levelOf = (room: string) => order.findIndex(rooms => rooms.includes(room))

test('the walk sees the files and their imports', () => {
  assert.ok(sources.length > 60)
  const wiring = sources.find(({ path }) => path === 'app/wiring.ts')
  assert.ok(wiring?.imports.includes('../connection/redis/redis-connection.ts'))
})

test('every folder of src is a room whose place is known', () => {
  for (const { path, room } of sources) {
    if (room !== '')
      assert.notEqual(levelOf(room), -1, `${path}: put "${room}" into the order of the rooms`)
  }
})

test('no import runs up or across the rooms', () => {
  const wrong: string[] = []
  for (const file of sources.filter(({ room }) => room !== '')) {
    for (const specifier of file.imports.filter(name => name.startsWith('.'))) {
      const room = target(file, specifier).split('/')[0] ?? ''
      if (room !== file.room && levelOf(room) >= levelOf(file.room))
        wrong.push(`${file.path} -> ${specifier}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('no files import each other in a circle, not even for their types', () => {
  const byPath = new Map(sources.map(file => [file.path, file]))
  const state = new Map<string, 'open' | 'done'>()
  const visit = (path: string, road: string[]) => {
    assert.notEqual(state.get(path), 'open', `a circle: ${[...road, path].join(' -> ')}`)
    const file = byPath.get(path)
    if (!file || state.get(path) === 'done') return
    state.set(path, 'open')
    for (const specifier of file.imports.filter(name => name.startsWith('.')))
      visit(target(file, specifier), [...road, path])
    state.set(path, 'done')
  }
  for (const { path } of sources) visit(path, [])
})

test('only connection/redis imports bullmq and ioredis', () => {
  const importers = sources.filter(({ imports }) =>
    imports.some(name => /^(bullmq|ioredis)(\/|$)/.test(name)),
  )
  assert.ok(importers.length > 0)
  for (const { path } of importers) assert.match(path, /^connection\/redis\//)
})

test('only config reads the environment, and only cli ends the process', () => {
  for (const { path, room, text } of sources) {
    if (room !== 'config')
      assert.doesNotMatch(text, /process\.env\b/, `${path} reads the environment`)
    if (room !== 'cli')
      assert.doesNotMatch(text, /process\.exit\b|process\.exitCode/, `${path} ends the process`)
  }
})

test('nothing outside of testing imports it', () => {
  for (const { path, room, imports } of sources) {
    if (room !== 'testing') assert.ok(!imports.some(name => name.includes('/testing/')), path)
  }
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { test } from 'node:test'
import { circles, doorOffences, type Source, upwardOffences } from './support/imports.ts'

const source = join(import.meta.dirname, '..', 'src')

/**
 * The rooms from the lowest up: a file imports from its own room and from those of the lines before
 * it. Rooms of one line stand side by side, and do not see each other.
 */
const order = [
  ['core'],
  ['config', 'log'],
  ['database'],
  ['job/pushing'],
  ['job/definitions'],
  ['job/following'],
  ['job/attempts'],
  ['job'],
  ['connection'],
  ['connection/sync/state', 'connection/redis/server'],
  ['connection/sync/jobs', 'connection/redis/pushing'],
  ['connection/sync/ticks', 'connection/redis/consuming'],
  ['connection/sync', 'connection/redis'],
  ['queue'],
  ['worker/isolating', 'worker/supervising', 'worker/consuming', 'schedule/timing/calendar'],
  ['worker', 'schedule/timing'],
  ['schedule/timing/cron'],
  ['schedule/writing'],
  ['schedule/firing'],
  ['schedule'],
  ['simulation'],
  ['app'],
  ['testing', 'cli/terminal'],
  ['cli/queue', 'cli/schedule'],
  ['cli/schedule/simulating', 'cli/processes'],
  ['cli'],
  [''],
]

/** Folders below a room that are rooms of their own to everybody else: they are loaded when one of them is chosen. */
const doors = ['connection/sync', 'connection/redis']

/** As many files as one looks over at a time. */
const mostFiles = 22

const importForm =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)|loadNow\(`([^`$]+)\$\{ownExtension\}`\)|(?:^|\n)import\s+'([^']+)'/g

const sources: Source[] = globSync('**/*.ts', { cwd: source }).map(name => {
  const path = name.split(sep).join('/')
  const text = readFileSync(join(source, name), 'utf8')
  const imports = Array.from(text.matchAll(importForm), match => {
    const found = match.slice(1).find(Boolean) ?? ''
    return found.startsWith('.') && !found.endsWith('.ts') ? `${found}.ts` : found
  })
  return { path, room: path.includes('/') ? dirname(path) : '', text, imports }
})

const planted = (path: string, ...imports: string[]): Source[] => [
  ...sources,
  { path, room: dirname(path), text: '', imports },
]

test('the walk sees the files and their imports', () => {
  assert.ok(sources.length > 200)
  const importsOf = (file: string) => sources.find(({ path }) => path === file)?.imports ?? []
  assert.ok(importsOf('app/open-connection.ts').includes('../connection/redis/index.ts'))
  assert.ok(importsOf('app/open-database.ts').includes('../database/index.ts'))
})

test('every folder of src is a room whose place is known, and every known room is there', () => {
  const known = order.flat()
  assert.deepEqual([...new Set(sources.map(({ room }) => room))].toSorted(), known.toSorted())
})

test(`no room has more than ${mostFiles} files beside its index.ts`, () => {
  const files = Map.groupBy(sources, ({ room }) => room)
  for (const [room, own] of files) {
    const counted = own.filter(({ path }) => basename(path) !== 'index.ts')
    assert.ok(counted.length <= mostFiles, `${room} has ${counted.length} files; divide it`)
  }
})

test('no import runs up or across the rooms', () => {
  assert.deepEqual(upwardOffences(sources, order), [])
  for (const [path, specifier] of [
    ['worker/consuming/planted.ts', '../../schedule/index.ts'],
    ['core/planted.ts', '../job/index.ts'],
    ['job/pushing/planted.ts', '../attempts/index.ts'],
  ] as const) {
    assert.deepEqual(upwardOffences(planted(path, specifier), order), [`${path} -> ${specifier}`])
  }
})

test('rooms are entered by their index.ts alone; a folder sees the files of those that contain it', () => {
  assert.deepEqual(doorOffences(sources, doors), [])
  for (const [path, specifier] of [
    ['worker/consuming/planted.ts', '../../job/definitions/define-job.ts'],
    ['worker/consuming/planted.ts', '../../job/definitions/index.ts'],
    ['job/attempts/planted.ts', '../pushing/keep.ts'],
    ['app/planted.ts', '../connection/sync/sync-connection.ts'],
    ['app/planted.ts', '../connection/sync/state/index.ts'],
  ] as const) {
    assert.deepEqual(doorOffences(planted(path, specifier), doors), [`${path} -> ${specifier}`])
  }
})

test('no files import each other in a circle, not even for their types', () => {
  assert.deepEqual(circles(sources), [])
  const round = [
    { path: 'core/one.ts', room: 'core', text: '', imports: ['./two.ts'] },
    { path: 'core/two.ts', room: 'core', text: '', imports: ['./one.ts'] },
  ]
  assert.deepEqual(circles(round), ['core/one.ts -> core/two.ts -> core/one.ts'])
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
    if (!room.startsWith('cli'))
      assert.doesNotMatch(text, /process\.exit\b|process\.exitCode/, `${path} ends the process`)
  }
})

test('nothing outside of testing imports it', () => {
  for (const { path, room, imports } of sources) {
    if (room !== 'testing') assert.ok(!imports.some(name => name.includes('/testing/')), path)
  }
})

import { globSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ensureServices } from './services.ts'

/**
 * Runs every test, or the files that are named: `npm test -- test/processes.test.ts`. Test files
 * run side by side, each in a process of its own; more at a time than there are cores, because
 * most of them wait for servers and processes that they start.
 */
const filesAtATime = 4
const fileLimitMs = 300_000

ensureServices()

const named = process.argv.slice(2)
const all = ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts']
const files = globSync(named.length > 0 ? named : all, { exclude: ['**/node_modules/**'] })
let passed = 0
let failed = 0
const results = run({
  files: files.sort(longestFirst),
  concurrency: filesAtATime,
  timeout: fileLimitMs,
})
results.on('test:summary', ({ file, counts }) => {
  if (file !== undefined) return
  passed = counts.passed
  failed = counts.tests - counts.passed - counts.skipped - counts.todo
})
results.on('end', () => {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
})
results.compose(new spec()).pipe(process.stdout)

/** Those that let processes run for a minute begin at once, so that the others fill their waits. */
function longestFirst(one: string, other: string): number {
  const isLong = (file: string) => file.startsWith(join('test', 'ticks'))
  return Number(isLong(other)) - Number(isLong(one)) || (one < other ? -1 : 1)
}

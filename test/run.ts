import { globSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { ensureServices } from './services.ts'

/**
 * Runs every test, or the files that are named: `npm test -- test/processes.test.ts`. Test files
 * run side by side, each in a process of its own; more at a time than there are cores, because
 * most of them wait for servers and processes that they start.
 *
 * A line for each file that has ended, failures in full, and the slowest files at the end. With
 * `--verbose` every test is shown.
 */
const filesAtATime = 4
const fileLimitMs = 300_000
/** How much of what a failed file wrote to standard error is shown. */
const errorCharacters = 4_000
/** How many of the slowest files are named at the end. */
const slowest = 10

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
})

ensureServices()

const all = ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts']
const files = globSync(positionals.length > 0 ? positionals : all, {
  exclude: ['**/node_modules/**'],
}).sort(longestFirst)
/** What each file has written to standard error lately. */
const errors = new Map<string, string>()
const ended: { file: string; seconds: number }[] = []
let passed = 0
let failed = 0
const results = run({ files, concurrency: filesAtATime, timeout: fileLimitMs })
results.on('test:summary', ({ file, counts, duration_ms }) => {
  if (file !== undefined) {
    const name = nameOf(file)
    const seconds = duration_ms / 1_000
    ended.push({ file: name, seconds })
    const bad = counts.tests - counts.passed - counts.skipped - counts.todo
    const verdict = bad > 0 ? `${bad} FAILED` : 'passed'
    if (!values.verbose)
      say(
        `[${ended.length}/${files.length}] ${name}: ${counts.passed} ${verdict}, ${seconds.toFixed(1)} s`,
      )
    return
  }
  passed = counts.passed
  failed = counts.tests - counts.passed - counts.skipped - counts.todo
})
if (!values.verbose) {
  results.on('test:stderr', ({ file, message }) => {
    errors.set(nameOf(file), `${errors.get(nameOf(file)) ?? ''}${message}`.slice(-errorCharacters))
  })
  results.on('test:fail', ({ name, file, details: { error } }) => {
    // A suite fails with its tests, which are shown.
    if ((error as { failureType?: string }).failureType === 'subtestsFailed') return
    const reason = error.cause instanceof Error ? error.cause.stack : String(error.cause ?? error)
    const where = file === undefined ? name : nameOf(file)
    // A file that ends before its tests do says why on standard error alone.
    const written = nameOf(name) === where ? (errors.get(where) ?? '') : ''
    say(`\n✖ ${name} (${where})\n${reason}\n${written}`)
  })
  results.resume()
}
results.on('end', () => {
  const named = ended.toSorted((one, other) => other.seconds - one.seconds).slice(0, slowest)
  say('\nThe slowest files:')
  for (const { file, seconds } of named) say(`  ${seconds.toFixed(1).padStart(6)} s  ${file}`)
  say(`\n${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
})
if (values.verbose) results.compose(new spec()).pipe(process.stdout)

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function nameOf(file: string): string {
  return file.replace(join(import.meta.dirname, '..', '/'), '')
}

/** Those that let processes run for a minute begin at once, so that the others fill their waits. */
function longestFirst(one: string, other: string): number {
  const isLong = (file: string) => /^test\/(ticks|workers)\//.test(file)
  return Number(isLong(other)) - Number(isLong(one)) || (one < other ? -1 : 1)
}

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..', '..')

/** Names that were words of our own, each replaced by the field's: types, members, codes, stored names and phrases. */
const gone = [
  ...['QueueCare', 'TendedQueue', 'WorkerBoard', 'WorkerNotice', 'SignsOfLife', 'SignOfLife'],
  ...['ClaimAnswer', 'GroupStanding', 'standInFor', 'preparedStandIn', 'ToldMemory'],
  ...['memoryToldEveryMs', 'tellBegin', 'tellDropped', 'tellFailed', 'tellOutcome', 'tellPushed'],
  ...['ChainStamp', 'GroupStamp', 'ParentStamp', 'TickStamp', 'readStamp', 'readTickStamp'],
  ...['ReleaseChange', 'releaseChanges', 'releaseOf', 'registerRelease', 'MemoryReleases'],
  ...['GroupTending', 'tendGroups', 'TimingChain', 'PolicyChain', 'GroupSpread', 'GroupLast'],
  ...['AttemptRunnerParts', 'SchedulerParts', 'QueueParts', 'WorkerParts', 'LoopParts'],
  ...['E_JOB_IN_THE_WAY', 'inTheWay', 'lastPushed', 'hasLast', 'BullWorker extends'],
  ...['the release that ruled is gone', 'rules; this process does not fire'],
  ...['its worker went silent', 'is told of by'],
]

const searched = [
  'packages/*/src/**/*.ts',
  'docs/**/*.md',
  'README.md',
  'app/**/*.ts',
  'config/*.ts',
  '*.ts',
]

test('the words that were replaced are gone', () => {
  const files = globSync(searched, { cwd: root })
  assert.ok(files.length > 300)
  const found = files.flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8')
    return gone.filter(word => text.includes(word)).map(word => `${file}: ${word}`)
  })
  assert.deepEqual(found, [])
})

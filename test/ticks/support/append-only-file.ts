import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type RedisServer, startRedis } from '../../../packages/equipage/test/support/redis.ts'

/** A server that writes what it does into an append-only file, as a production one does. */
export interface AppendingServer extends RedisServer {
  /**
   * Cuts off what was written in the last second or two, at the border between two commands: what
   * a loss of power takes under `appendfsync everysec`. The server must have ended.
   * @returns the first moment that is lost, epoch milliseconds, to the second
   */
  cutLastSecond(): number
}

export async function startAppendingRedis(test: TestContext): Promise<AppendingServer> {
  const folder = mkdtempSync(join(tmpdir(), 'equipage-redis-'))
  const keeping = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--aof-load-truncated',
    'yes',
  ]
  const args = [...keeping, '--aof-timestamp-enabled', 'yes', '--dir', folder]
  const server = await startRedis({ args })
  test.after(async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return { ...server, cutLastSecond: () => cutLastSecond(join(folder, 'appendonlydir')) }
}

/** Redis writes the time, in seconds, before the first command of every second. */
const mark = /^#TS:(\d+)\r$/gm

function cutLastSecond(folder: string): number {
  const name = readdirSync(folder).find(name => name.endsWith('.incr.aof'))
  if (name === undefined) throw new Error(`${folder} has no append-only file`)
  const file = join(folder, name)
  // One byte a character: positions in the text are positions in the file.
  const marks = Array.from(readFileSync(file, 'latin1').matchAll(mark), found => ({
    at: found.index,
    second: Number(found[1]),
  }))
  const last = marks.at(-1)?.second ?? 0
  const cut = marks.find(({ second }) => second >= last - 1)
  if (!cut) throw new Error(`${file} says no times`)
  truncateSync(file, cut.at)
  return cut.second * 1_000
}

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import type { DatabaseSettings } from '../../src/database/index.ts'

/** A PostgreSQL server of a test file's own. */
export interface Postgres {
  /** An empty database, new with each call. */
  newDatabase(): Promise<DatabaseSettings>
  /** Ends the server and removes its files. */
  stop(): Promise<void>
}

interface Identity {
  uid?: number
  gid?: number
}

/**
 * Starts a PostgreSQL server on a free port of 127.0.0.1, with a cluster in a temporary folder.
 * A test file starts one before its tests and stops it after them.
 */
export async function startPostgres(): Promise<Postgres> {
  const bin = serverFolder()
  const identity = unprivileged()
  const cluster = mkdtempSync(join(tmpdir(), 'equipage-postgres-'))
  if (identity.uid !== undefined && identity.gid !== undefined)
    chownSync(cluster, identity.uid, identity.gid)
  const options = '-U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions'.split(' ')
  const made = spawnSync(join(bin, 'initdb'), ['-D', cluster, ...options], {
    ...identity,
    cwd: cluster,
    encoding: 'utf8',
  })
  assert.equal(made.status, 0, made.stderr || String(made.error))
  const { server, port } = await startServer(bin, cluster, identity)
  const kill = () => server.kill('SIGQUIT')
  process.once('exit', kill)
  const connect = { host: '127.0.0.1', port, username: 'postgres', password: null }
  let databases = 0
  return {
    async newDatabase() {
      const database = `test_${++databases}`
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres' })
      await client.connect()
      await client.query(`create database ${database}`)
      await client.end()
      return { connection: 'pgsql', database, ...connect }
    },
    async stop() {
      process.off('exit', kill)
      const ended = once(server, 'exit')
      kill()
      await ended
      rmSync(cluster, { recursive: true, force: true })
    },
  }
}

/** Where Debian puts the server's binaries; the newest release of those that are there. */
function serverFolder(): string {
  const release = (path: string) => Number(path.split('/')[4])
  const [initdb] = globSync('/usr/lib/postgresql/*/bin/initdb').sort(
    (a, b) => release(b) - release(a),
  )
  assert.ok(initdb, 'there is no PostgreSQL server to test with: apt-get install -y postgresql')
  return join(initdb, '..')
}

/** PostgreSQL refuses to run as root: the user that its package brings along, or nobody. */
function unprivileged(): Identity {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const user =
    users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  assert.ok(user, 'PostgreSQL does not run as root, and there is no user postgres or nobody')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

async function startServer(bin: string, cluster: string, identity: Identity) {
  const said: string[] = []
  // Another process may take the free port before the server does; then another one is tried.
  for (let tries = 0; tries < 5; tries++) {
    const port = await freePort()
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off']
    const args = ['-D', cluster, '-p', String(port), ...settings.flatMap(text => ['-c', text])]
    const server = spawn(join(bin, 'postgres'), args, {
      ...identity,
      cwd: cluster,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (await isReady(server, said)) return { server, port }
  }
  throw new Error(`PostgreSQL does not start: ${said.join('\n')}`)
}

/** Reads what a server says until it takes connections, or ends. */
async function isReady(server: ChildProcess, said: string[]): Promise<boolean> {
  assert.ok(server.stderr)
  const lines = createInterface(server.stderr)
  return new Promise(resolve => {
    lines.on('line', line => {
      said.push(line)
      if (line.includes('ready to accept connections')) resolve(true)
    })
    server.once('exit', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  server.close()
  await once(server, 'close')
  return address.port
}

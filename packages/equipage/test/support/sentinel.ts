import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { freePort, type RedisServer, type ServerTls, startRedis, tlsArgs } from './redis.ts'

/** A server, its replica, and the one Sentinel that watches over them, all on loopback. */
export interface Watched {
  /** The Sentinel's `host:port`. */
  readonly address: string
  readonly name: string
  readonly master: RedisServer
  readonly replica: RedisServer
  /** Cuts the replica off from what the master writes from now on, and keeps it off. */
  holdReplicationBack(): Promise<void>
  /** Rejects until the replica has all that the master has, and the Sentinel knows both. */
  settled(): Promise<void>
  /** Ends the Sentinel alone. */
  stopSentinel(): Promise<void>
  stop(): Promise<void>
}

const replicator = { username: 'replicator', password: 'copy' }

/** Starts the three and waits until the replica follows and the Sentinel knows of it. */
export async function startWatched(
  options: { password?: string; tls?: ServerTls } = {},
): Promise<Watched> {
  const { password, tls } = options
  const secure = tls ? { tls } : {}
  const name = 'mymaster'
  const folder = mkdtempSync(join(tmpdir(), 'equipage-watched-'))
  const rights = ['--user', replicator.username, 'on', `>${replicator.password}`, '+@all']
  const login = ['--masteruser', replicator.username, '--masterauth', replicator.password]
  // A replica leaves the copy that it was sent in its folder, where the next server would load it.
  const where = (role: string) => ['--dir', folder, '--dbfilename', `${role}.rdb`]
  const master = await startRedis({
    ...secure,
    args: [...rights, ...login, ...where('master')],
  })
  const follow = ['--replicaof', master.host, String(master.port)]
  const replica = await startRedis({
    ...secure,
    args: [...rights, ...login, ...where('replica'), ...follow],
  })
  const sentinel = await startSentinel(name, master, password, tls)
  return {
    address: sentinel.address,
    name,
    master,
    replica,
    async holdReplicationBack() {
      await asked({ ...master, tls }, async client => {
        await client.call('ACL', 'SETUSER', replicator.username, 'off')
        await client.call('CLIENT', 'KILL', 'TYPE', 'replica')
      })
    },
    async settled() {
      const link = await asked({ ...replica, tls }, client => client.info('replication'))
      if (!/master_link_status:up/.test(link))
        throw new Error(`the replica does not follow: ${link}`)
      const [host = '', port = ''] = sentinel.address.split(':')
      const known = await asked({ host, port: Number(port), password, tls }, client =>
        client.call('SENTINEL', 'REPLICAS', name),
      )
      if (!String(known).includes(`slave-repl-offset`) || /s_down|disconnected/.test(String(known)))
        throw new Error(`the Sentinel does not know the replica: ${String(known)}`)
    },
    stopSentinel: sentinel.stop,
    async stop() {
      await sentinel.stop()
      await Promise.all([replica.stop(), master.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startSentinel(
  name: string,
  master: RedisServer,
  password: string | undefined,
  tls: ServerTls | undefined,
) {
  const port = await freePort()
  // A Sentinel writes what it learns into its configuration.
  const folder = mkdtempSync(join(tmpdir(), 'equipage-sentinel-'))
  const lines = [
    ...(tls ? [] : [`port ${port}`]),
    `bind 127.0.0.1`,
    `dir ${folder}`,
    `sentinel monitor ${name} ${master.host} ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 10000`,
    ...(password === undefined ? [] : [`requirepass ${password}`]),
  ]
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  const server = spawn('redis-server', [file, '--sentinel', ...(tls ? tlsArgs(port, tls) : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await said(server, '+monitor master')
  return {
    address: `127.0.0.1:${port}`,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const exited = once(server, 'exit')
        server.kill('SIGKILL')
        await exited
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function said(server: ChildProcess, text: string): Promise<void> {
  if (!server.stdout) throw new Error('the Sentinel has no output')
  const lines: string[] = []
  for await (const line of createInterface(server.stdout)) {
    lines.push(line)
    if (!line.includes(text)) continue
    server.stdout.resume()
    return
  }
  throw new Error(`the Sentinel did not start:\n${lines.join('\n')}`)
}

async function asked<T>(
  server: {
    host: string
    port: number
    password?: string | undefined
    tls?: ServerTls | undefined
  },
  ask: (client: Redis) => Promise<T>,
): Promise<T> {
  const { host, port, password, tls } = server
  const client = new Redis({
    ...{ host, port },
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: { ca: readFileSync(tls.ca) } } : {}),
  })
  try {
    return await ask(client)
  } finally {
    client.disconnect()
  }
}

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { eventually } from './eventually.ts'
import { freePort, type RedisServer, type ServerTls, startRedis } from './redis.ts'

/** A Redis Cluster of three masters on loopback. */
export interface RedisCluster {
  /** `host:port` of each. */
  readonly addresses: string[]
  readonly nodes: readonly RedisServer[]
  stop(): Promise<void>
}

const slots = 16_384

/** Starts the nodes, shares the slots out among them, and waits until all of them agree. */
export async function startCluster(options: { tls?: ServerTls } = {}): Promise<RedisCluster> {
  const { tls } = options
  const folder = mkdtempSync(join(tmpdir(), 'equipage-cluster-'))
  const names = ['one', 'two', 'three']
  const buses = await Promise.all(names.map(freePort))
  const nodes = await Promise.all(
    names.map((name, index) => {
      const files = ['--dir', folder, '--cluster-config-file', `${name}.conf`]
      const bus = ['--cluster-port', String(buses[index])]
      const own = ['--cluster-enabled', 'yes', ...bus, ...files]
      if (!tls) return startRedis({ args: own })
      return startRedis({ tls, args: [...own, '--tls-cluster', 'yes'] })
    }),
  )
  const secure = tls ? { tls: { ca: readFileSync(tls.ca) } } : {}
  const clients = nodes.map(({ host, port }) => new Redis({ host, port, ...secure }))
  try {
    for (const [index, client] of clients.entries()) {
      const first = Math.floor((index * slots) / nodes.length)
      const last = Math.floor(((index + 1) * slots) / nodes.length) - 1
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
      await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last)
    }
    for (const [index, { host, port }] of nodes.entries()) {
      if (index > 0) await clients[0]?.call('CLUSTER', 'MEET', host, port, buses[index] ?? 0)
    }
    for (const client of clients) {
      await eventually(async () => {
        const info = String(await client.call('CLUSTER', 'INFO'))
        assert.match(info, /cluster_state:ok/)
        assert.match(info, /cluster_known_nodes:3/)
      })
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
  return {
    addresses: nodes.map(({ host, port }) => `${host}:${port}`),
    nodes,
    async stop() {
      await Promise.all(nodes.map(node => node.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

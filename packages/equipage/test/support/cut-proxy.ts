import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server, and can cut the server off in the middle of its answer. */
export interface CutProxy {
  readonly host: string
  readonly port: number
  /** Lets so many bytes of answers through from now on, then breaks every connection. */
  cutAfter(bytes: number): void
  close(): void
}

export async function cutProxy(server: { host: string; port: number }): Promise<CutProxy> {
  const host = '127.0.0.1'
  const sockets = new Set<Socket>()
  let left = Number.POSITIVE_INFINITY
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const proxy = createServer(client => {
    const upstream = connect(server.port, server.host)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('close', () => upstream.destroy())
    client.pipe(upstream)
    upstream.on('data', (answer: Buffer) => {
      const passed = answer.subarray(0, Math.min(answer.length, left))
      left -= passed.length
      if (left > 0) return void client.write(passed)
      left = Number.POSITIVE_INFINITY
      client.write(passed, breakAll)
    })
    upstream.on('close', () => client.end())
  })
  proxy.listen(0, host)
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host,
    port: address.port,
    cutAfter(bytes) {
      left = bytes
    },
    close() {
      proxy.close()
      breakAll()
    },
  }
}

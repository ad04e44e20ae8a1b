import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'

/** A watcher that takes pings, on loopback. */
export interface PingServer {
  /** Where it listens, without a path. */
  readonly origin: string
  /** Method and path of every ping that came, in their order. */
  readonly came: string[]
}

/**
 * Listens on a port of its own until the test ends.
 * @param answer what it does with each ping: 200 and a text when left out
 */
export async function pingServer(
  test: TestContext,
  answer: (response: ServerResponse) => void = response => response.end('OK'),
): Promise<PingServer> {
  const came: string[] = []
  const server = createServer((request, response) => {
    came.push(`${request.method} ${request.url}`)
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { origin: `http://127.0.0.1:${address.port}`, came }
}

import type { Socket } from 'node:net'
import { type Redis, SentinelConnector } from 'ioredis'

/** What ioredis calls of its connector, and does not declare. Its version is pinned. */
interface Inside {
  /** False once the client was told to disconnect. */
  readonly connecting: boolean
  /** The connection to the server that was found. */
  readonly stream: Socket
  readonly failoverDetector: { cleanup(): void } | null
  /** Up to its first wait it has made the detector. */
  initFailoverDetector(): Promise<void>
  connectToSentinel(endpoint: object, options?: object): Redis
  resolve(endpoint: object): Promise<unknown>
}

/**
 * Asks Sentinels as ioredis does, and mends what that leaves out.
 *
 * 1. The connections that wait for word of a failover have a listener: each of their errors would be
 *    printed.
 * 2. They end with the connection to the server. Otherwise those of a client that quits, or is told
 *    to disconnect while it connects, stay, and connect again for ever.
 * 3. A question that fails says why. That is told by its connection alone, and the question's own
 *    error is "Connection is closed".
 */
export class HeardSentinels extends SentinelConnector {
  /** @param options the client's own, as ioredis hands them on */
  constructor(options: unknown) {
    super(options as ConstructorParameters<typeof SentinelConnector>[0])
    listen(this as unknown as Inside)
  }
}

function listen(connector: Inside): void {
  const connect = connector.connectToSentinel.bind(connector)
  const resolve = connector.resolve.bind(connector)
  const watch = connector.initFailoverDetector.bind(connector)
  connector.initFailoverDetector = async () => {
    if (!connector.connecting) return
    const watching = watch()
    const { stream, failoverDetector } = connector
    stream.once('close', () => failoverDetector?.cleanup())
    await watching
  }
  let told: unknown
  connector.connectToSentinel = (endpoint, options) => {
    const client = connect(endpoint, options)
    client.on('error', error => {
      told = error
    })
    return client
  }
  connector.resolve = async endpoint => {
    told = undefined
    try {
      return await resolve(endpoint)
    } catch (error) {
      throw told ?? error
    }
  }
}

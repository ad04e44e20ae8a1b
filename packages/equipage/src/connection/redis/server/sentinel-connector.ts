import type { Socket } from 'node:net'
import { type Redis, SentinelConnector } from 'ioredis'

interface Address {
  readonly host: string
  readonly port: number
}

/** What ioredis calls of its connector, and does not declare. Its version is pinned. */
interface Inside {
  readonly options: { readonly name: string }
  /** False once the client was told to disconnect. */
  readonly connecting: boolean
  /** The connection to the server that was found. */
  readonly stream: Socket
  readonly failoverDetector: {
    cleanup(): void
    /** Leaves the server: there was word of a failover. */
    disconnect(): void
  } | null
  /** Up to its first wait it has made the detector. */
  initFailoverDetector(): Promise<void>
  connectToSentinel(endpoint: object, options?: object): Redis
  resolve(endpoint: object): Promise<Address | null>
}

/**
 * Asks Sentinels as ioredis does, and fixes what that leaves out.
 *
 * 1. The connections that wait for word of a failover have a listener: each of their errors would be
 *    printed.
 * 2. They end with the connection to the server. Otherwise those of a client that quits, or is told
 *    to disconnect while it connects, stay, and connect again for ever; and word that comes while
 *    the client asks for the next server ends the client for good.
 * 3. Word that names the server that the client has found already, or is of another master, is
 *    passed over. Sentinels answer questions with the next server before they tell of it, and each
 *    tells of it in its own time: every one of them would break off a connection in use.
 * 4. A question that fails says why. That is told by its connection alone, and the question's own
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
    if (failoverDetector) {
      const leave = failoverDetector.disconnect.bind(failoverDetector)
      failoverDetector.disconnect = () => {
        if (!found || leadsAway(word, connector.options.name, found)) leave()
      }
    }
    await watching
  }
  let found: Address | null = null
  let word = ''
  let told: unknown
  connector.connectToSentinel = (endpoint, options) => {
    const client = connect(endpoint, options)
    client.on('error', error => {
      told = error
    })
    // In front of ioredis's own listener, which does not look at what is said.
    client.on('message', (_channel, message) => {
      word = message
    })
    return client
  }
  connector.resolve = async endpoint => {
    told = undefined
    try {
      found = await resolve(endpoint)
      return found
    } catch (error) {
      throw told ?? error
    }
  }
}

/** Whether this word, `<name> <old host> <old port> <new host> <new port>`, leads away from a server; so does one of another form. */
function leadsAway(word: string, name: string, { host, port }: Address): boolean {
  const said = word.split(' ')
  if (said.length !== 5) return true
  return said[0] === name && (said[3] !== host || Number(said[4]) !== port)
}

import { Redis, type RedisOptions } from 'ioredis'
import { EquipageError, isEquipageError } from '../../core/errors.ts'

/** Where Redis is, and how the application is let in. */
export interface RedisSettings {
  /** `redis://` or `rediss://`; used in place of the other fields when it is given. */
  url: string | null
  host: string
  port: number
  db: number
  username: string | null
  password: string | null
  /** Whom to ask where the server is; left out, or without addresses: it is at `host` and `port`. */
  sentinel?: SentinelSettings
  /** What every key begins with. */
  prefix: string
}

/** The Sentinels that watch over the server. */
export interface SentinelSettings {
  /** `host:port` each. */
  addresses: readonly string[] | null
  /** Under which name they watch it. */
  name: string
  /** Their own; the server's is another. */
  password: string | null
}

/** How long a connection may take to come about, and a command to be answered. */
const answerTimeoutMs = 5_000

/** The wait before the nth try to connect again: soon at first, two seconds at most. */
const reconnectMs = (times: number) => Math.min(times * 100, 2_000)

/**
 * For pushes and claims: a command fails at once while Redis is away, and one whose connection
 * breaks before the answer fails too. Sending it again by itself could push a job twice.
 */
export function commandClient(settings: RedisSettings): Redis {
  return open(settings, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
    retryStrategy: reconnectMs,
  })
}

/** For workers, as BullMQ asks for: commands wait while Redis is away, however long. */
export function workerClient(settings: RedisSettings): Redis {
  return open(settings, { maxRetriesPerRequest: null, retryStrategy: reconnectMs })
}

/** For one look: it connects once or fails. */
function probeClient(settings: RedisSettings): Redis {
  return open(settings, {
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
  })
}

/** ioredis declares this one option in two ways that exclude each other; it is not used here. */
type Options = Omit<RedisOptions, 'replyMapping'>

function open(settings: RedisSettings, options: Options): Redis {
  const { url, db, username, password } = settings
  const shared: Options = {
    connectTimeout: answerTimeoutMs,
    // A server that has become a replica: another one takes writes now, and has to be looked for.
    reconnectOnError: error => error.message.startsWith('READONLY'),
    ...options,
  }
  if (url !== null) return new Redis(url, shared)
  return new Redis({
    ...place(settings),
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...shared,
  })
}

/** The options that say where the server is, or who knows. */
function place({ host, port, sentinel }: RedisSettings): Options {
  if (!sentinel?.addresses) return { host, port }
  return {
    sentinels: sentinel.addresses.map(readAddress),
    name: sentinel.name,
    ...(sentinel.password === null ? {} : { sentinelPassword: sentinel.password }),
    sentinelCommandTimeout: answerTimeoutMs,
    sentinelRetryStrategy: reconnectMs,
    // A server that hangs keeps its connections: the Sentinels tell that another has taken its place.
    failoverDetector: true,
  }
}

function readAddress(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${address}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/**
 * Connects, and rejects with the first failure. ioredis goes on trying by itself; while it asks
 * Sentinels that are away, its own promise would stay open.
 */
export async function connectOnce(client: Redis): Promise<void> {
  const failed = Promise.withResolvers<never>()
  client.once('error', failed.reject)
  try {
    await Promise.race([client.connect(), failed.promise])
  } finally {
    client.off('error', failed.reject)
  }
}

/** The server as a message may show it: never with a password. */
export function addressOf({ url, host, port, sentinel }: RedisSettings): string {
  if (url !== null) {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  }
  if (!sentinel?.addresses) return `${host}:${port}`
  return `${sentinel.name} of the Sentinels ${sentinel.addresses.join(', ')}`
}

/** What Redis answers when it is there and does not let us in. */
const refusal = /WRONGPASS|NOAUTH|NOPERM|ERR AUTH|invalid password|DB index is out of range/i

/**
 * Looks once whether Redis answers and lets us in.
 * @throws E_CONNECTION_REFUSED, E_CONNECTION_AWAY
 */
export async function probe(settings: RedisSettings): Promise<void> {
  const client = probeClient(settings)
  // ioredis tells the reason to its listeners, and rejects with "Connection is closed".
  let reason: Error | undefined
  client.on('error', (error: Error) => {
    reason = error
  })
  let sentinelReason: Error | undefined
  client.on('sentinelError', (error: Error) => {
    sentinelReason = error
  })
  try {
    await client.connect()
    await client.ping()
    if (reason) throw reason
  } catch (error) {
    throw connectionError(settings, sentinelReason ?? reason ?? error)
  } finally {
    client.disconnect()
  }
}

/** A failed call to Redis as this framework's error: it is away, it does not let us in, or it refuses the call. */
export function connectionError(settings: RedisSettings, cause: unknown): EquipageError {
  if (isEquipageError(cause)) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const fields = { connection: 'Redis', address: addressOf(settings), reason }
  if (refusal.test(reason)) return new EquipageError('E_CONNECTION_REFUSED', fields, { cause })
  const answered = cause instanceof Error && cause.name === 'ReplyError'
  return new EquipageError(answered ? 'E_CONNECTION_REPLY' : 'E_CONNECTION_AWAY', fields, { cause })
}

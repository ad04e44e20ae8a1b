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
  /** What every key begins with. */
  prefix: string
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
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
  })
}

/** ioredis declares this one option in two ways that exclude each other; it is not used here. */
type Options = Omit<RedisOptions, 'replyMapping'>

function open(settings: RedisSettings, options: Options): Redis {
  const { url, host, port, db, username, password } = settings
  const shared: Options = { connectTimeout: answerTimeoutMs, ...options }
  if (url !== null) return new Redis(url, shared)
  return new Redis({
    host,
    port,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...shared,
  })
}

/** The server as a message may show it: never with a password. */
export function addressOf(settings: RedisSettings): string {
  if (settings.url === null) return `${settings.host}:${settings.port}`
  const { protocol, host, pathname } = new URL(settings.url)
  return `${protocol}//${host}${pathname}`
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
  try {
    await client.connect()
    await client.ping()
    if (reason) throw reason
  } catch (error) {
    throw connectionError(settings, reason ?? error)
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

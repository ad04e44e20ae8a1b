import { readFileSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { EquipageError, toError } from '../../../core/index.ts'
import { HeardSentinels } from './sentinel-connector.ts'
import { type RedisSettings, readAddress, speaksTls } from './settings.ts'

/**
 * One server, or a Cluster: commands, pipelines, events and `status` are the same for both, and
 * nothing else of a client is used. ioredis declares them apart.
 */
export type RedisClient = Redis

/** How long a connection may take to come about, and a command to be answered. */
const answerTimeoutMs = 5_000

/** The wait before the nth try to connect again: soon at first, two seconds at most. */
const reconnectMs = (times: number) => Math.min(times * 100, 2_000)

/** How often a worker's command looks for the node of its keys again: as long as it takes. */
const unlimited = Number.MAX_SAFE_INTEGER

/**
 * For pushes and claims: a command fails at once while Redis is away, and one whose connection
 * breaks before the answer fails too. Sending it again by itself could push a job twice.
 * A Cluster's commands wait while the connection to their node comes about, no longer than for an
 * answer; whoever sends one while no node is known waits with it, so look at `status` first.
 */
export function commandClient(settings: RedisSettings): RedisClient {
  const options: NodeOptions = {
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
  }
  if (settings.cluster) {
    return openCluster(settings, settings.cluster, options, {
      lazyConnect: true,
      retryDelayOnFailover: 0,
    })
  }
  return open(settings, {
    ...options,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: reconnectMs,
  })
}

/** For workers, as BullMQ asks for: commands wait while Redis is away, however long. */
export function workerClient(settings: RedisSettings): RedisClient {
  const options: NodeOptions = { maxRetriesPerRequest: null }
  if (settings.cluster) {
    return openCluster(settings, settings.cluster, options, {
      maxRedirections: unlimited,
      retryDelayOnFailover: 500,
      retryDelayOnClusterDown: 500,
      retryDelayOnMoved: 50,
    })
  }
  return open(settings, {
    ...options,
    retryStrategy: reconnectMs,
    // And send it again there: told of the error, BullMQ would fail the job that has completed.
    reconnectOnError: error => (isReplica(error) ? 2 : false),
  })
}

/** For one look: it connects once or fails, also while the server loads its data. */
export function probeClient(settings: RedisSettings): RedisClient {
  const options: NodeOptions = {
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    commandTimeout: answerTimeoutMs,
  }
  if (settings.cluster) {
    return openCluster(settings, settings.cluster, options, {
      lazyConnect: true,
      enableReadyCheck: false,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      clusterRetryStrategy: () => null,
    })
  }
  return open(settings, {
    ...options,
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  })
}

/** ioredis declares this one option in two ways that exclude each other; it is not used here. */
type Options = Omit<RedisOptions, 'replyMapping'>

/** What the constructor takes beside the nodes. */
type ClusterConstructorOptions = NonNullable<ConstructorParameters<typeof Cluster>[1]>

/** What holds for each node of a Cluster; the rest is the Cluster's own. */
type NodeOptions = Omit<NonNullable<ClusterOptions['redisOptions']>, 'replyMapping'>

function open(settings: RedisSettings, options: Options): RedisClient {
  const { url, db } = settings
  const shared: Options = {
    connectTimeout: answerTimeoutMs,
    reconnectOnError: isReplica,
    ...tlsOption(settings),
    ...options,
  }
  if (url !== null) return new Redis(url, shared)
  return new Redis({ ...where(settings), db, ...login(settings), ...shared })
}

/** A server that has become a replica: another one takes writes now, and has to be looked for. */
function isReplica({ message }: Error): boolean {
  // Redis 6 says first that it was a script.
  return /^(ERR .*-)?READONLY /.test(message)
}

function openCluster(
  settings: RedisSettings,
  addresses: readonly string[],
  options: NodeOptions,
  cluster: ClusterOptions,
): RedisClient {
  const shared: NodeOptions = {
    connectTimeout: answerTimeoutMs,
    ...login(settings),
    ...tlsOption(settings),
    ...options,
  }
  const own: ClusterOptions = {
    clusterRetryStrategy: reconnectMs,
    slotsRefreshTimeout: answerTimeoutMs,
    // Names stay names: a certificate is made out to them, and each new connection looks them up.
    dnsLookup: (name, found) => found(null, name),
    redisOptions: shared as NonNullable<ClusterOptions['redisOptions']>,
    ...cluster,
  }
  const client: unknown = new Cluster(addresses.map(readAddress), own as ClusterConstructorOptions)
  return client as RedisClient
}

function login({ username, password }: RedisSettings): NodeOptions {
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  }
}

/** The options that say where the server is, or who knows. */
function where(settings: RedisSettings): Options {
  const { host, port, socket, sentinel } = settings
  if (socket) return { path: socket }
  if (!sentinel?.addresses) return { host, port }
  const { tls } = tlsOption(settings)
  return {
    sentinels: sentinel.addresses.map(readAddress),
    Connector: HeardSentinels,
    name: sentinel.name,
    ...(sentinel.password === null ? {} : { sentinelPassword: sentinel.password }),
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
    sentinelCommandTimeout: answerTimeoutMs,
    sentinelRetryStrategy: reconnectMs,
    // A server that hangs keeps its connections: the Sentinels tell that another has taken its place.
    failoverDetector: true,
  }
}

/**
 * What a TLS connection is made with; nothing when none is asked for.
 * @throws E_REDIS_FILE
 */
export function tlsOption(settings: RedisSettings): { tls?: SecureContextOptions } {
  if (!speaksTls(settings)) return {}
  const { ca = null, cert = null, key = null } = settings.tls ?? {}
  return {
    tls: {
      ...(ca === null ? {} : { ca: readPem('REDIS_TLS_CA', ca) }),
      ...(cert === null ? {} : { cert: readPem('REDIS_TLS_CERT', cert) }),
      ...(key === null ? {} : { key: readPem('REDIS_TLS_KEY', key) }),
    },
  }
}

function readPem(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = toError(cause).message
    throw new EquipageError('E_REDIS_FILE', { variable, file, reason }, { cause })
  }
}

/**
 * Connects, and rejects with the first failure, or when the server does not become ready in time.
 * ioredis goes on trying by itself; while it asks Sentinels that are away, or the server loads its
 * data, its own promise would stay open.
 */
export async function connectOnce(client: RedisClient): Promise<void> {
  const failed = Promise.withResolvers<never>()
  const timer = setTimeout(() => failed.reject(new Error(unready)), answerTimeoutMs)
  client.once('error', failed.reject)
  try {
    await Promise.race([client.connect(), failed.promise])
  } finally {
    clearTimeout(timer)
    client.off('error', failed.reject)
  }
}

/** What is known of a server that takes the connection and goes no further. */
export const unready = 'it took the connection, and is not ready: it loads its data, or hangs'

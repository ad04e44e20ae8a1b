/** Where Redis is, and how the application is let in. One place at most is given beside host and port. */
export interface RedisSettings {
  /** `redis://` or `rediss://`; it holds place and login, and is used in place of both. */
  url: string | null
  host: string
  port: number
  /** The path of a Unix socket, in place of host and port. */
  socket?: string | null
  /** `host:port` of nodes of a Cluster, in place of host and port; they name the others. */
  cluster?: readonly string[] | null
  /** Whom to ask where the server is; left out, or without addresses: it is at `host` and `port`. */
  sentinel?: SentinelSettings
  db: number
  username: string | null
  password: string | null
  tls?: TlsSettings
  /** What every key begins with. On a Cluster it has a hash tag: `{shop}`. */
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

/** How TLS is spoken: to the server, to every node, and to the Sentinels. */
export interface TlsSettings {
  /** A `rediss://` address asks for it too. */
  enabled: boolean
  /** PEM files, absolute. */
  ca: string | null
  cert: string | null
  key: string | null
}

/** Where a message shows Redis to be: never with a password. */
export function addressOf({ url, host, port, socket, cluster, sentinel }: RedisSettings): string {
  if (url !== null) {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  }
  if (socket) return socket
  if (cluster) return `the Cluster ${cluster.join(', ')}`
  if (sentinel?.addresses)
    return `${sentinel.name} of the Sentinels ${sentinel.addresses.join(', ')}`
  return `${host}:${port}`
}

/** The variables that say where Redis is. */
export function placeVariables({ url, socket, cluster, sentinel }: RedisSettings): string {
  if (url !== null) return 'REDIS_URL'
  if (socket) return 'REDIS_SOCKET'
  if (cluster) return 'REDIS_CLUSTER'
  return sentinel?.addresses ? 'REDIS_SENTINELS' : 'REDIS_HOST and REDIS_PORT'
}

/** The variables that say as whom the application comes. */
export function loginVariables({ url, sentinel }: RedisSettings): string {
  if (url !== null) return 'the user and the password in REDIS_URL'
  const own = 'REDIS_USERNAME and REDIS_PASSWORD'
  return sentinel?.addresses ? `${own}, or REDIS_SENTINEL_PASSWORD` : own
}

/** Whether TLS is asked for. */
export function speaksTls({ url, tls }: RedisSettings): boolean {
  return url === null ? tls?.enabled === true : url.toLowerCase().startsWith('rediss:')
}

/**
 * The prefix with a hash tag in it: a Cluster keeps all keys of one tag on one node, and a script
 * may touch keys of one node alone.
 */
export function hashTagged(prefix: string): string {
  return /\{[^}]+\}/.test(prefix) ? prefix : `{${prefix.replace(/[{}]/g, '')}}`
}

/** Host and port of an address such as `host:6379` or `[::1]:6379`. */
export function readAddress(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`redis://${address}`)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** A Redis server of a test's own, on loopback. */
export interface RedisServer {
  readonly host: string
  readonly port: number
  /** Ends it as a kill does, at once; it can be started again on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Holds the process still, and lets it go on: as a machine that hangs. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

export interface RedisServerOptions {
  password?: string
  /** The port; a free one when left out. */
  port?: number
  /** More of redis-server's arguments. */
  args?: string[]
  /** false: it is started by the test itself. */
  started?: boolean
  /** It speaks TLS on its port, and nothing else, with these files. */
  tls?: ServerTls
}

/** Files in PEM. */
export interface ServerTls {
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly asksForCertificate?: boolean
}

/** Starts a server that keeps nothing on disk (unless `args` say so), and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { password, args = [], started = true, tls } = options
  const host = '127.0.0.1'
  const port = options.port ?? (await freePort())
  let server: ChildProcess | undefined

  const start = async () => {
    const secret = password === undefined ? [] : ['--requirepass', password]
    const door = tls ? tlsArgs(port, tls) : ['--port', String(port)]
    const own = [...door, '--bind', host, '--save', '', '--appendonly', 'no']
    server = spawn('redis-server', [...own, ...secret, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await ready(server)
  }
  const kill = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill('SIGKILL')
    await exited
  }
  if (started) await start()
  return { host, port, start, kill, stop: kill, signal: signal => void server?.kill(signal) }
}

/** What redis-server and a Sentinel take for speaking TLS on a port, to each other too, and nothing else. */
export function tlsArgs(port: number, tls: ServerTls): string[] {
  const files = [
    '--tls-cert-file',
    tls.cert,
    '--tls-key-file',
    tls.key,
    '--tls-ca-cert-file',
    tls.ca,
  ]
  const clients = ['--tls-auth-clients', tls.asksForCertificate ? 'yes' : 'no']
  const others = ['--tls-replication', 'yes']
  return ['--port', '0', '--tls-port', String(port), ...files, ...clients, ...others]
}

async function ready(server: ChildProcess): Promise<void> {
  const spawned = once(server, 'spawn')
  try {
    await spawned
  } catch (cause) {
    throw new Error('tests need redis-server: apt-get install -y redis-server', { cause })
  }
  if (!server.stdout) throw new Error('redis-server has no output')
  const said: string[] = []
  for await (const line of createInterface(server.stdout)) {
    said.push(line)
    if (line.includes('Ready to accept connections')) {
      server.stdout.resume()
      return
    }
  }
  throw new Error(`redis-server did not start:\n${said.join('\n')}`)
}

/** A TCP port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

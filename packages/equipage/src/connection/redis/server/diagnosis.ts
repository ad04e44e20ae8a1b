import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tlsOption } from './client.ts'
import { type RedisSettings, readAddress, speaksTls } from './settings.ts'
import { reasonOf } from './symptoms.ts'

const patienceMs = 2_000

/**
 * Why a connection that came about led nowhere: TLS was spoken to a port that does not, or the
 * other way round, or no certificate was shown to a server that asks for one, and both ends then
 * wait, or hang up, without saying so; or the server's certificate is not trusted, which a Cluster's
 * client keeps to itself.
 * @param told what the connection failed with
 * @returns a better reason; undefined when that is not why
 */
export async function whatIsSpoken(
  settings: RedisSettings,
  told: unknown,
): Promise<Error | undefined> {
  const where = placeOf(settings)
  const reason = reasonOf(told)
  const text = reason instanceof Error ? reason.message : ''
  if (!where || !/closed|ECONNRESET|ETIMEDOUT|timed out|not ready/i.test(text)) return undefined
  if (speaksTls(settings)) {
    if (await answersPlainly(where)) return new Error('it speaks no TLS there')
    const shown = settings.tls?.cert ?? null
    if (shown === null && (await asksForCertificate(where)))
      return new Error('certificate required')
    return certificateFault(where, settings)
  }
  return (await shakesHands(where)) ? new Error('it speaks TLS there') : undefined
}

interface Place {
  readonly host: string
  readonly port: number
}

/** The one server, node or Sentinel to ask; sockets are not looked into. */
function placeOf({ url, socket, cluster, sentinel, ...where }: RedisSettings): Place | undefined {
  if (url !== null) {
    const { host } = new URL(url)
    return readAddress(/:\d+$/.test(host) ? host : `${host}:6379`)
  }
  if (socket) return undefined
  const [first] = cluster ?? sentinel?.addresses ?? []
  return first === undefined ? where : readAddress(first)
}

/** Whether a server answers a plain PING, be it with a refusal. */
function answersPlainly(where: Place): Promise<boolean> {
  const socket = connectPlain(where, () => socket.write('PING\r\n'))
  return settled(socket, 'data', data => /^[+-]/.test(String(data)))
}

/** Whether a server takes part in a TLS handshake. Nothing is said over it, so whose certificate it has does not matter. */
function shakesHands(where: Place): Promise<boolean> {
  const socket = connectTls({ ...where, rejectUnauthorized: false })
  return settled(socket, 'secureConnect', () => true)
}

/** What is wrong with a server's certificate, by what the settings trust; undefined when nothing is. */
function certificateFault(where: Place, settings: RedisSettings): Promise<Error | undefined> {
  const socket = connectTls({ ...where, ...tlsOption(settings).tls })
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  socket.prependListener('error', resolve)
  return Promise.race([promise, settled(socket, 'secureConnect', () => true).then(() => undefined)])
}

/** Whether a server ends a connection that shows no certificate: it says so to whoever only listens. */
function asksForCertificate(where: Place): Promise<boolean> {
  const socket = connectTls({ ...where, rejectUnauthorized: false })
  const refused = settled(socket, 'data', () => false)
  const said = Promise.withResolvers<boolean>()
  socket.prependListener('error', (error: NodeJS.ErrnoException) =>
    said.resolve(/CERTIFICATE_REQUIRED/.test(error.code ?? '')),
  )
  return Promise.race([said.promise, refused])
}

function settled(
  socket: Socket,
  event: string,
  judge: (given: unknown) => boolean,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.setTimeout(patienceMs, () => resolve(false))
  socket.once(event, (given: unknown) => resolve(judge(given)))
  socket.on('error', () => resolve(false))
  socket.once('close', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

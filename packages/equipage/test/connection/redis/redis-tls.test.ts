import { join } from 'node:path'
import { after, suite, type TestContext, test } from 'node:test'
import type { TlsSettings } from '../../../src/connection/redis/server/settings.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import {
  assertCarries,
  assertRefused,
  clusterOf,
  serverOf,
  warningsOf,
  watchedOf,
} from './redis-field.ts'

suite('TLS to Redis', { concurrency: true }, () => {
  const folder = temporaryFolder({ after } as TestContext)
  const { ca, cert, key, strangerCert, otherCa } = makeCertificates(folder)
  const tlsOf = (settings: Partial<TlsSettings> = {}): TlsSettings => ({
    ...{ enabled: true, ca, cert: null, key: null },
    ...settings,
  })

  test('is spoken by a switch or by an address, and its authority may be a file', async t => {
    const { host, port } = await serverOf({ tls: { ca, cert, key } })
    await assertCarries(t, { host, port, tls: tlsOf() })
    await assertCarries(t, { url: `rediss://${host}:${port}`, tls: tlsOf({ enabled: false }) })
  })

  test('shows a certificate where the server asks for one', async t => {
    const { host, port } = await serverOf({ tls: { ca, cert, key, asksForCertificate: true } })
    await assertCarries(t, { host, port, tls: tlsOf({ cert, key }) })
    const says = /asks for a certificate.*REDIS_TLS_CERT/
    await assertRefused({ host, port, tls: tlsOf() }, 'E_CONNECTION_TLS', says)
  })

  test('is refused with a certificate that nobody vouches for, or that is for another name', async () => {
    const { host, port } = await serverOf({ tls: { ca, cert, key } })
    for (const untrusted of [otherCa, null]) {
      const where = { host, port, tls: tlsOf({ ca: untrusted }) }
      await assertRefused(where, 'E_CONNECTION_TLS', /(unable to verify|self-signed).*REDIS_TLS_CA/)
    }
    const stranger = await serverOf({ tls: { ca, cert: strangerCert, key } })
    const where = { host: stranger.host, port: stranger.port, tls: tlsOf() }
    await assertRefused(where, 'E_CONNECTION_TLS', /valid for this name/)
  })

  test('that one side alone speaks is told apart from a server that is away', async () => {
    const plain = await serverOf()
    const { host, port } = await serverOf({ tls: { ca, cert, key } })
    const set = /it speaks TLS there.*set REDIS_TLS=true/
    await assertRefused({ host, port }, 'E_CONNECTION_TLS', set)
    const url = `redis://${host}:${port}`
    await assertRefused({ url }, 'E_CONNECTION_TLS', /write rediss:\/\/ in REDIS_URL/)
    const where = { host: plain.host, port: plain.port, tls: tlsOf() }
    await assertRefused(where, 'E_CONNECTION_TLS', /leave REDIS_TLS out/)
    const away = { host, port: await freePort(), tls: tlsOf() }
    await assertRefused(away, 'E_CONNECTION_AWAY', /ECONNREFUSED.*REDIS_HOST and REDIS_PORT/)
  })

  test('is spoken to every node of a Cluster', async t => {
    const { addresses } = await clusterOf({ tls: { ca, cert, key } })
    await assertCarries(t, { cluster: addresses, tls: tlsOf() })
    const untrusted = { cluster: addresses, tls: tlsOf({ ca: otherCa }) }
    await assertRefused(untrusted, 'E_CONNECTION_TLS', /REDIS_TLS_CA/)
    await assertRefused({ cluster: addresses }, 'E_CONNECTION_TLS', /set REDIS_TLS=true/)
  })

  test('is spoken to Sentinels and to the server that they name, also when that is another', async t => {
    const watched = await watchedOf({ tls: { ca, cert, key } })
    const { address, name } = watched
    const at = (tls: TlsSettings | undefined) => ({
      sentinel: { addresses: [address], name, password: null },
      ...(tls ? { tls } : {}),
    })
    await warningsOf(at(tlsOf()))
    await assertRefused(at(tlsOf({ ca: otherCa })), 'E_CONNECTION_TLS', /REDIS_TLS_CA/)
    await assertRefused(at(undefined), 'E_CONNECTION_TLS', /set REDIS_TLS=true/)
    await eventually(() => watched.settled())
    await watched.master.kill()
    await eventually(() => warningsOf(at(tlsOf())))
    await assertCarries(t, at(tlsOf()))
  })

  test('cannot begin with a file that is not there', async () => {
    const missing = join(folder, 'missing.pem')
    await assertRefused(
      { tls: tlsOf({ ca: missing }) },
      'E_REDIS_FILE',
      /REDIS_TLS_CA names .*missing/,
    )
  })
})

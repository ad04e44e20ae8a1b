import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Certificates of a test's own: files in PEM. */
export interface Certificates {
  /** The authority that signed the others. */
  readonly ca: string
  /** A server's, valid for 127.0.0.1, and its key. */
  readonly cert: string
  readonly key: string
  /** One that is valid for another name alone. */
  readonly strangerCert: string
  /** An authority that signed none of them. */
  readonly otherCa: string
}

/** Makes them with openssl, in a folder that is the caller's to remove. */
export function makeCertificates(folder: string): Certificates {
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const authority = (name: string) => {
    const made = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', ...kind, '-days', '2', '-subj', `/CN=${name}`, ...made)
  }
  const certificate = (name: string, subject: string) => {
    writeFileSync(file(`${name}.ext`), `subjectAltName=${subject}\n`)
    openssl(
      'req',
      '-new',
      '-key',
      file('server.key'),
      '-subj',
      `/CN=${name}`,
      '-out',
      file(`${name}.csr`),
    )
    const by = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial']
    const made = ['-extfile', file(`${name}.ext`), '-out', file(`${name}.pem`)]
    openssl('x509', '-req', '-in', file(`${name}.csr`), '-days', '2', ...by, ...made)
  }
  authority('ca')
  authority('other')
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file('server.key'))
  certificate('server', 'IP:127.0.0.1')
  certificate('stranger', 'DNS:elsewhere.example')
  return {
    ca: file('ca.pem'),
    cert: file('server.pem'),
    key: file('server.key'),
    strangerCert: file('stranger.pem'),
    otherCa: file('other.pem'),
  }
}

import { EquipageError, isEquipageError } from '../../../core/index.ts'
import {
  addressOf,
  loginVariables,
  placeVariables,
  type RedisSettings,
  speaksTls,
} from './settings.ts'

type Code = 'E_CONNECTION_AWAY' | 'E_CONNECTION_REFUSED' | 'E_CONNECTION_TLS' | 'E_CONNECTION_REPLY'

interface Symptom {
  /** What Redis, OpenSSL or Node says. */
  readonly says: RegExp
  readonly code: Code
  /** What to do, to end a sentence. */
  readonly advice: (settings: RedisSettings) => string
}

/** What is known to go wrong, and what fixes it; the first that fits counts. */
const symptoms: readonly Symptom[] = [
  {
    says: /NOAUTH|WRONGPASS|ERR AUTH|invalid password/i,
    code: 'E_CONNECTION_REFUSED',
    advice: settings => `fix ${loginVariables(settings)}`,
  },
  {
    says: /NOPERM/,
    code: 'E_CONNECTION_REFUSED',
    advice: ({ prefix }) =>
      `give that user its rights: ACL SETUSER ... ~${prefix}:* &${prefix}:* +@all -@dangerous +info`,
  },
  {
    says: /SELECT is not allowed in cluster mode/i,
    code: 'E_CONNECTION_REFUSED',
    advice: () => 'a node of a Cluster has database 0 alone: name the nodes in REDIS_CLUSTER',
  },
  {
    says: /DB index is out of range/i,
    code: 'E_CONNECTION_REFUSED',
    advice: ({ url }) =>
      `name a database that it has in ${url === null ? 'REDIS_DB' : 'REDIS_URL'}; \`CONFIG GET databases\` says how many there are`,
  },
  {
    says: /cluster support disabled/i,
    code: 'E_CONNECTION_REFUSED',
    advice: () => 'it is no Cluster: set REDIS_HOST and REDIS_PORT in place of REDIS_CLUSTER',
  },
  {
    says: /^(MOVED|ASK|CROSSSLOT) /,
    code: 'E_CONNECTION_REFUSED',
    advice: () => 'it is a node of a Cluster: name its nodes in REDIS_CLUSTER',
  },
  {
    says: /CERTIFICATE_REQUIRED|certificate required/i,
    code: 'E_CONNECTION_TLS',
    advice: () =>
      'it asks for a certificate: name one in REDIS_TLS_CERT, and its key in REDIS_TLS_KEY',
  },
  {
    says: /SELF_SIGNED|self-signed|UNABLE_TO_(VERIFY|GET_ISSUER)|unable to (verify|get)|CERT_UNTRUSTED/i,
    code: 'E_CONNECTION_TLS',
    advice: () => 'name the file of the authority that signed its certificate in REDIS_TLS_CA',
  },
  {
    says: /ALTNAME_INVALID|CERT_HAS_EXPIRED|certificate has expired|CERT_NOT_YET_VALID|does not match certificate/i,
    code: 'E_CONNECTION_TLS',
    advice: settings =>
      `give it a certificate that is valid for this name, or fix ${placeVariables(settings)}`,
  },
  {
    says: /ERR_SSL_|EPROTO|wrong version number|speaks no TLS/i,
    code: 'E_CONNECTION_TLS',
    advice: ({ url }) =>
      `name the port that speaks TLS, or ${url === null ? 'leave REDIS_TLS out' : 'write redis:// in REDIS_URL'}`,
  },
  {
    says: /it speaks TLS there/,
    code: 'E_CONNECTION_TLS',
    advice: ({ url }) => (url === null ? 'set REDIS_TLS=true' : 'write rediss:// in REDIS_URL'),
  },
  {
    says: /LOADING|loads its data/,
    code: 'E_CONNECTION_AWAY',
    advice: () => 'it answers once its data is loaded',
  },
  {
    says: /READONLY|MASTERDOWN|is a replica/,
    code: 'E_CONNECTION_AWAY',
    advice: settings =>
      `a replica takes no writes: name its master in ${placeVariables(settings)}, or its Sentinels in REDIS_SENTINELS`,
  },
  {
    says: /CLUSTERDOWN/,
    code: 'E_CONNECTION_AWAY',
    advice: () => 'some of its slots have no node: `redis-cli cluster info` says more',
  },
  {
    says: /TRYAGAIN |Cluster redirections.* (ASK|MOVED) /,
    code: 'E_CONNECTION_AWAY',
    advice: () => 'the slot of these keys is being moved to another node: wait until that is done',
  },
  {
    says: /^OOM /,
    code: 'E_CONNECTION_REPLY',
    advice: () => 'it has no memory left: raise its maxmemory, or keep fewer finished jobs',
  },
  {
    says: /^MISCONF /,
    code: 'E_CONNECTION_REPLY',
    advice: () => 'it cannot write to its disk, and takes no writes until it can',
  },
]

/** A failed call to Redis as this framework's error: it is away, it does not let us in, or it refuses the call. */
export function connectionError(settings: RedisSettings, thrown: unknown): EquipageError {
  if (isEquipageError(thrown)) return thrown
  const cause = reasonOf(thrown)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const named = cause instanceof Error && 'code' in cause ? `${String(cause.code)} ` : ''
  const known = symptoms.find(({ says }) => says.test(reason) || says.test(named + reason))
  const fields = { connection: 'Redis', address: addressOf(settings), reason }
  if (known) {
    const advice = known.advice(settings)
    return new EquipageError(known.code, { ...fields, advice }, { cause })
  }
  if (cause instanceof Error && cause.name === 'ReplyError')
    return new EquipageError('E_CONNECTION_REPLY', { ...fields, advice: undefined }, { cause })
  const advice = `start it, or fix ${placeVariables(settings)}${speaksTls(settings) ? '; TLS is asked for' : ''}`
  return new EquipageError('E_CONNECTION_AWAY', { ...fields, advice }, { cause })
}

/** A Cluster that cannot be reached says so, and what one of its nodes said is beside it. */
export function reasonOf(thrown: unknown): unknown {
  const beside = thrown instanceof Error ? (thrown as { lastNodeError?: unknown }) : {}
  return beside.lastNodeError ?? thrown
}

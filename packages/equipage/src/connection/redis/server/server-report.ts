import { EquipageError } from '../../../core/index.ts'
import { addressOf, type RedisSettings } from './settings.ts'

/** What `INFO` says of one server: the names of its lines with their values. */
export type ServerReport = Readonly<Record<string, string>>

/** The lines of `INFO`. */
export function readInfo(text: string): ServerReport {
  const lines = text.split(/\r?\n/).filter(line => line.includes(':'))
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** What BullMQ asks for; its scripts use commands that came with Redis 6.0.6. */
const oldestVersion = [6, 2] as const

/**
 * Whether a server can carry jobs and ticks without losing them.
 * @returns what should be fixed, each a sentence for the log
 * @throws E_CONNECTION_AWAY when it will be able to: it loads its data, or is a replica for now.
 * E_CONNECTION_REFUSED when it is a node of a Cluster, and was not taken for one. E_REDIS_UNFIT
 */
export function assess(settings: RedisSettings, report: ServerReport): string[] {
  const where = { connection: 'Redis', address: addressOf(settings) }
  const away = (reason: string, advice: string) =>
    new EquipageError('E_CONNECTION_AWAY', { ...where, reason, advice })
  const unfit = (finding: string, advice: string) =>
    new EquipageError('E_REDIS_UNFIT', { address: where.address, finding, advice })

  if (!isRecent(report['redis_version'])) {
    const advice = `install Redis ${oldestVersion.join('.')} or newer, or Valkey`
    throw unfit(`its version is ${report['redis_version']}`, advice)
  }
  if (report['redis_mode'] === 'cluster' && !settings.cluster) {
    const reason = 'it is a node of a Cluster'
    const advice = 'name its nodes in REDIS_CLUSTER, in place of any other address'
    throw new EquipageError('E_CONNECTION_REFUSED', { ...where, reason, advice })
  }
  if (report['loading'] === '1') {
    throw away('it loads its data', 'it answers once its data is loaded')
  }
  if (report['role'] === 'slave') {
    const master = `${report['master_host']}:${report['master_port']}`
    throw away(
      `it is a replica of ${master}`,
      'a replica takes no writes: name its master, or its Sentinels in REDIS_SENTINELS',
    )
  }
  return [...evictionOf(report, unfit), ...persistenceOf(report)]
}

function isRecent(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestVersion
  // A server that does not say is given the benefit of the doubt.
  if (version === undefined) return true
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

function* evictionOf(
  report: ServerReport,
  unfit: (finding: string, advice: string) => EquipageError,
): Generator<string> {
  const policy = report['maxmemory_policy']
  if (policy === undefined || policy === 'noeviction') return
  const finding = `its maxmemory-policy is ${policy}`
  const advice = 'set maxmemory-policy noeviction'
  if (policy.startsWith('allkeys-') && report['maxmemory'] !== '0') {
    throw unfit(`${finding}, which drops jobs when its memory is full`, advice)
  }
  yield `${finding}: it may drop what the queues need when its memory is full; ${advice}`
}

function* persistenceOf(report: ServerReport): Generator<string> {
  if (report['aof_enabled'] === '0') {
    yield 'it keeps no append-only file: what was pushed lately is lost when it ends; set appendonly yes'
  }
  if (report['aof_last_write_status'] === 'err') {
    yield 'it could not write its append-only file: look at its disk'
  }
}

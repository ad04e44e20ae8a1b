import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program that tests start, and the Debian package that brings it. */
const services = [
  { debian: 'redis-server', found: () => onPath('redis-server') },
  { debian: 'openssl', found: () => onPath('openssl') },
  {
    debian: 'postgresql',
    found: () => globSync('/usr/lib/postgresql/*/bin/initdb').length > 0 || onPath('initdb'),
  },
]

/**
 * Makes sure that the servers which the tests start for themselves are installed: installs them
 * where that is possible (root on Debian), and otherwise says in one sentence how.
 */
export function ensureServices(): void {
  const missing = services.filter(service => !service.found()).map(service => service.debian)
  if (missing.length === 0) return
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    console.error(`The tests need ${missing.join(' and ')}; on Debian: ${command}`)
    process.exit(1)
  }
  console.log(`Installing what the tests need: ${missing.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync('sh', ['-c', `(${command}) >&2`], { stdio: 'inherit', env })
  if (status === 0) return
  console.error(`${missing.join(' and ')} could not be installed; the tests need them`)
  process.exit(1)
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some(folder => existsSync(join(folder, program)))
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { EquipageError } from '../core/index.ts'

/** Variables by name, and where each was set. An empty one counts as not set. */
export interface Environment {
  readonly values: ReadonlyMap<string, string>
  /** Where a variable was set, as messages say it: `the environment` or `.env`. */
  source(variable: string): string
}

/**
 * The process's variables over those of the `.env` beside the application.
 * @throws E_ENV_FILE when `.env` is there and cannot be read
 */
export function readEnvironment(
  basePath: string,
  processEnv: Readonly<Record<string, string | undefined>>,
): Environment {
  const fileValues = readEnvFile(join(basePath, '.env'))
  const values = new Map<string, string>()
  for (const source of [fileValues, processEnv]) {
    for (const [name, value] of Object.entries(source)) if (value) values.set(name, value)
  }
  return { values, source: name => (processEnv[name] ? 'the environment' : '.env') }
}

function readEnvFile(path: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new EquipageError('E_ENV_FILE', { path }, { cause })
  }
}

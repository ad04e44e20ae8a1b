import convict from 'convict'
import { type ConfigFault, EquipageError, nearest } from '../core/index.ts'
import { type Environment, readEnvironment } from './environment.ts'
import type { Format } from './format.ts'
import * as frameworkConfig from './framework-config.ts'
import {
  type At,
  isSetting,
  type Path,
  type Schema,
  type Setting,
  settingsOf,
  type Values,
} from './schema.ts'

/**
 * The settings that the framework itself reads; an application adds its own beside them. A type of
 * its own, so that declarations of an application name it, and not the file that it is made of.
 */
export type FrameworkSchema = {
  readonly [Group in keyof typeof frameworkConfig]: (typeof frameworkConfig)[Group]
}

/** An application's settings as they are declared, before any value is known. */
export interface ConfigDefinition<S extends Schema = Schema> {
  readonly schema: S
}

/**
 * Declares an application's settings: one group for each subject, each a convict schema.
 * Groups of the framework's configuration may be left out or changed in part; what is left out
 * keeps the framework's setting, so an upgrade brings new settings along.
 */
export function defineConfig<const S extends Schema>(
  schema: S,
): ConfigDefinition<S & FrameworkSchema> {
  return { schema: merged(frameworkConfig, schema) as S & FrameworkSchema }
}

function merged(base: Schema, over: Schema): Schema {
  const result: Record<string, Setting | Schema> = { ...base }
  for (const [name, node] of Object.entries(over)) {
    const known = base[name]
    const groups = known !== undefined && !isSetting(known) && !isSetting(node)
    result[name] = groups ? merged(known, node) : node
  }
  return result
}

/** The values of a running application; nothing changes them once they are loaded. */
export class Config<S extends Schema = FrameworkSchema> {
  readonly #schema: Schema
  readonly #values: convict.Config<unknown>

  private constructor(schema: Schema, values: convict.Config<unknown>) {
    this.#schema = schema
    this.#values = values
  }

  /**
   * Reads and checks every setting: the environment over `.env` over the defaults.
   * @param basePath the folder of the application, where `.env` is looked for
   * @throws E_CONFIG, which lists every fault at once
   */
  static load<S extends Schema>(
    definition: ConfigDefinition<S>,
    basePath: string,
    processEnv: Readonly<Record<string, string | undefined>> = process.env,
  ): Config<S> {
    const environment = readEnvironment(basePath, processEnv)
    const faults: ConfigFault[] = misspelt(definition.schema, environment)
    const env: Record<string, unknown> = {}
    for (const [path, setting] of settingsOf(definition.schema)) {
      const fault = readSetting(path, setting, environment, env)
      if (fault) faults.push(fault)
    }
    if (faults.length > 0) throw new EquipageError('E_CONFIG', { faults })
    // The values are parsed already, and convict coerces texts alone; it merges them over the
    // defaults. `args` keeps it from reading the command line.
    const values = convict<unknown>(definition.schema as convict.Schema<unknown>, {
      env: env as NodeJS.ProcessEnv,
      args: [],
    })
    return new Config<S>(definition.schema, values)
  }

  /**
   * The value of a setting, or of a whole group: `get('queue.connection')`.
   * @throws E_UNKNOWN_SETTING when nothing is declared at that path
   */
  get<const P extends Path<Values<S>>>(path: P): At<Values<S>, P> {
    if (!this.#values.has(path as never) && !this.#declared(path)) {
      const known = Array.from(settingsOf(this.#schema), ([name]) => name)
      throw new EquipageError('E_UNKNOWN_SETTING', { path, nearest: nearest(path, known) })
    }
    return this.#values.get(path as never) as At<Values<S>, P>
  }

  /** Every setting with its value, for a reader: secrets are masked. */
  describe(): { path: string; variable: string | undefined; value: unknown; doc: string }[] {
    return Array.from(settingsOf(this.#schema), ([path, setting]) => {
      const value = this.#values.get(path as never) as unknown
      const masked = setting.sensitive && value !== null ? '[hidden]' : value
      return { path, variable: setting.env, value: masked, doc: setting.doc }
    })
  }

  #declared(path: string): boolean {
    return settingsOf(this.#schema).some(([name]) => name === path || name.startsWith(`${path}.`))
  }
}

/** Reads one setting's variable into `env`, or checks its default; a fault when either is not allowed. */
function readSetting(
  path: string,
  setting: Setting,
  environment: Environment,
  env: Record<string, unknown>,
): ConfigFault | undefined {
  const given = setting.env === undefined ? undefined : environment.values.get(setting.env)
  if (given !== undefined && setting.env !== undefined && 'parse' in setting.format) {
    const value = setting.format.parse(given)
    env[setting.env] = value
    const alone = value === undefined ? setting.format.expected : undefined
    const expected = alone ?? setting.beside?.(variable => environment.values.get(variable))
    if (expected === undefined) return
    const shown = setting.sensitive ? '[hidden]' : given
    const where = `${setting.env} in ${environment.source(setting.env)}`
    return { where, given: shown, expected }
  }
  if (setting.nullable && setting.default === null) return
  if (!('parse' in setting.format)) return
  const check: Format<unknown> = setting.format
  try {
    check(setting.default)
  } catch {
    const shown = setting.sensitive ? '[hidden]' : setting.default
    const where = `the default of ${path} in config/`
    return { where, given: shown, expected: setting.format.expected }
  }
}

/**
 * Variables that nobody reads and whose name is almost that of one that is read, such as
 * `QUEUE_CONECTION`: left alone, the application would run with the default in silence.
 */
function misspelt(schema: Schema, environment: Environment): ConfigFault[] {
  const settings = Array.from(settingsOf(schema), ([, setting]) => setting)
  const known = settings.map(({ env }) => env).filter(env => env !== undefined)
  const families = new Set(known.map(name => name.slice(0, name.indexOf('_') + 1)))
  const faults: ConfigFault[] = []
  for (const [name, given] of environment.values) {
    const family = name.slice(0, name.indexOf('_') + 1)
    if (known.includes(name) || (!families.has(family) && environment.source(name) !== '.env'))
      continue
    const meant = nearest(name, known)
    if (!meant || Math.abs(meant.length - name.length) > 2) continue
    const secret = settings.some(({ env, sensitive }) => sensitive && env === meant)
    const shown = secret || /PASS|SECRET|TOKEN|KEY|URL/i.test(name) ? '[hidden]' : given
    const where = `${name} in ${environment.source(name)}`
    faults.push({ where, given: shown, unknown: true, nearest: meant })
  }
  return faults
}

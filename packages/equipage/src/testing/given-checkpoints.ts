import { type Json, throughJson } from '../core/index.ts'
import { MemoryCheckpoints, partPrefix } from '../job/index.ts'

/** Checkpoints of an attempt in a test: some are given, and all can be read. */
export class GivenCheckpoints extends MemoryCheckpoints {
  /**
   * @param given results by the names of their parts
   * @throws E_NOT_JSON
   */
  constructor(given: Readonly<Record<string, unknown>>) {
    super()
    for (const [name, result] of Object.entries(given)) {
      const json = throughJson(result, `result of checkpoint "${name}"`)
      this.kept.set(partPrefix + name, JSON.stringify(json))
    }
  }

  /** Results of the parts that are finished, by name. */
  get finished(): Record<string, Json> {
    const dependencies = [...this.kept].filter(([name]) => name.startsWith(partPrefix))
    return Object.fromEntries(
      dependencies.map(([name, json]) => [name.slice(partPrefix.length), JSON.parse(json) as Json]),
    )
  }
}

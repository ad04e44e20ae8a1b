import type { ExpressionBuilder } from 'kysely'
import type { Clock } from '../../../core/index.ts'
import type { StateFile, Tables } from '../state/index.ts'

/** The queues of which no job is begun. */
export class PausedQueues {
  readonly #file: StateFile
  readonly #clock: Clock

  constructor(file: StateFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  /** An application that has kept nothing, and paused nothing, has no file to look into. */
  async has(queue: string): Promise<boolean> {
    return this.#file.exists() && (await this.among([queue])).has(queue)
  }

  /** Those of these queues that are paused. */
  async among(queues: readonly string[]): Promise<Set<string>> {
    const tables = await this.#file.toRead()
    const paused = tables.selectFrom('paused_queues').select('queue')
    const rows = await paused.where('queue', 'in', [...queues]).execute()
    return new Set(rows.map(({ queue }) => queue))
  }

  /** @returns false when it was so already */
  async set(queue: string, paused: boolean): Promise<boolean> {
    const tables = await this.#file.tables()
    if (!paused) {
      const removed = tables.deleteFrom('paused_queues').where('queue', '=', queue)
      return (await removed.executeTakeFirst()).numDeletedRows > 0n
    }
    const insert = tables.insertInto('paused_queues').values({ queue, at: this.#clock.now() })
    const { numInsertedOrUpdatedRows } = await insert
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  }
}

/** Whether a job's queue is not paused. */
export function isGoingOn(where: ExpressionBuilder<Tables, 'jobs'>) {
  return where('queue', 'not in', where.selectFrom('paused_queues').select('queue'))
}

/**
 * What every part with a beginning and an end keeps to.
 *
 * | call | allowed | effect |
 * |---|---|---|
 * | start | once | ready for work when it resolves; rejects when it cannot begin, and is then stopped |
 * | stop | always: before start, during it, twice | takes no new work, lets go of everything it holds, resolves when that is done |
 */
export interface Lifecycle {
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * What every part with a beginning and an end keeps to.
 *
 * | call | allowed | effect |
 * |---|---|---|
 * | start | once | at work when it resolves; rejects when it cannot begin |
 * | stop | always: before the start, and twice | takes no new work, lets what runs end for `graceMs`, then aborts it, and lets go of everything it holds |
 */
export interface Lifecycle {
  start(): Promise<void>
  stop(graceMs: number): Promise<HandedBack>
}

/** How many jobs a stop could not let end. They run again, here or elsewhere. */
export interface HandedBack {
  readonly handedBack: number
}

/**
 * The keys of the schedules' state, as the scripts make them from the base they are given:
 * hashes with a field for each schedule (`definitions`, `anchors`, `cursors`, `paused`, `holders`,
 * `waiting`), a sorted set and a list for each schedule (`ledger:NAME`, `pauses:NAME`), and for all
 * together `function-leases`, `schedulers` (by until when they count as alive),
 * `scheduler-deployments`, `deployments` (in the order in which they were first registered),
 * `deployment-count`, `current-deployment`, `last-heartbeat` and `downtimes`.
 */
export interface ScheduleKeys {
  readonly base: string
  readonly definitions: string
  readonly anchors: string
  readonly cursors: string
  readonly paused: string
  readonly downtimes: string
  ledger(name: string): string
  pauses(name: string): string
}

/** @param prefix what every key of the application begins with */
export function scheduleKeys(prefix: string): ScheduleKeys {
  // No queue has an empty name, so these stand beside BullMQ's keys without meeting them.
  const base = `${prefix}::schedules:`
  return {
    base,
    definitions: `${base}definitions`,
    anchors: `${base}anchors`,
    cursors: `${base}cursors`,
    paused: `${base}paused`,
    downtimes: `${base}downtimes`,
    ledger: name => `${base}ledger:${name}`,
    pauses: name => `${base}pauses:${name}`,
  }
}

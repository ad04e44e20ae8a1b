/** The key of a group: a hash, which has a field `finishedOn` when the group has ended, as a job has. */
export function groupKey(prefix: string, id: string): string {
  // No queue has an empty name, so this stands beside BullMQ's keys without meeting them.
  return `${prefix}::groups:${id}`
}

/** BullMQ ships its scripts without types; they are no public interface, which is why its version is pinned. */
declare module 'bullmq/dist/cjs/scripts/index.js' {
  interface Script {
    readonly name: string
    readonly content: string
    readonly keys: number
  }
  export const addStandardJob: Script
  export const addDelayedJob: Script
  export const addPrioritizedJob: Script
  export const moveToFinished: Script
}

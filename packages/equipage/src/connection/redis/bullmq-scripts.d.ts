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
  export const moveJobFromActiveToWait: Script
  export const moveStalledJobsToWait: Script
  export const moveToActive: Script
  export const moveToDelayed: Script
  export const moveToFinished: Script
  export const retryJob: Script
  export const updateProgress: Script
}

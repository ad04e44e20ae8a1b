export {
  type KeepLimits,
  type KeepOptions,
  type KeepRule,
  type KeepRules,
  readKeep,
  readKeepRule,
} from './keep.ts'
export { checkName } from './names.ts'
export {
  failedEnd,
  type HandedOn,
  handedOn,
  type JobEnd,
  type OnFailure,
  readOnFailure,
} from './on-failure.ts'
export { type PayloadSchema, payloadData, readPayload } from './payload.ts'
export { guardOf, type PushGuard } from './push-guard.ts'
export { checkPushOptions, type PushArguments, type PushOptions } from './push-options.ts'
export {
  type PushRuleOptions,
  type PushRules,
  readPriority,
  readPushRules,
  type TimedOptions,
  type UniqueOptions,
} from './push-rules.ts'
export type { PayloadArgument, Pushable } from './pushable.ts'
export {
  type ChainMetadata,
  type GroupMemberMetadata,
  type JobMetadata,
  type ParentMetadata,
  type PushedJob,
  type Receipt,
  readMetadata,
  refusedReceipt,
} from './pushed-job.ts'
export { handedTags, readTags } from './tags.ts'
export { type JobTick, jobTick, type TickMetadata } from './tick-metadata.ts'

export type { AppEvents } from './app-events.ts'
export {
  type AnyApp,
  type AppOptions,
  Equipage,
  type Replaceable,
  type Replacement,
} from './equipage.ts'
export type { FrameworkServices } from './framework-services.ts'
export type { SchedulerClass } from './given-definitions.ts'
export { lifelineFd } from './isolated-fork.ts'
export type { Runtime } from './runtime.ts'
export { runtimeOf } from './runtime-of.ts'

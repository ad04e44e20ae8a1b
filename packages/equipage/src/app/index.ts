export type { AppEvents } from './app-events.ts'
export { type AnyApp, type AppOptions, Equipage } from './equipage.ts'
export { lifelineFd } from './isolated-fork.ts'

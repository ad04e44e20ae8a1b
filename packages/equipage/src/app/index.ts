export { type AnyApp, type AppOptions, Equipage } from './equipage.ts'

export * as concerns from './concerns.ts'
export {
  Config,
  type ConfigDefinition,
  defineConfig,
  type FrameworkSchema,
} from './config.ts'
export type { Format } from './format.ts'
export * as format from './format.ts'
export type { Schema, Setting, Values } from './schema.ts'

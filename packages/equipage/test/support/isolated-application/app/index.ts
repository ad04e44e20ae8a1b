import { Equipage } from '../../../../src/app/index.ts'
import { defineConfig } from '../../../../src/config/index.ts'

/** What the processes of isolated jobs load in the conformance suite. */
export class App extends Equipage {
  static override config = defineConfig({})
}

export const createApp = (basePath?: string) => App.make(basePath)

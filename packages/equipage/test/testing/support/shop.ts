import type { TestContext } from 'node:test'
import { z } from 'zod'
import type { AnyApp } from '../../../src/app/index.ts'
import { defineChain, defineGroup, defineJob } from '../../../src/index.ts'
import { plainApp, temporaryApp } from '../../support/temporary-app.ts'

/** The jobs of a shop, for whoever pushes them. */
export function shopJobs() {
  const payload = z.object({ order: z.int(), due: z.date().or(z.iso.datetime()).optional() })
  const bill = defineJob({
    name: 'bill',
    queue: 'bills',
    payload,
    run: ({ payload }) => ({ total: payload.order * 100 }),
  })
  const remind = defineJob({ name: 'remind', run: () => 'reminded' })
  const sell = defineChain({ name: 'sell', start: bill }).andThen(remind, () => ({}))
  const close = defineGroup({ name: 'close', payload: z.object({ orders: z.array(z.int()) }) })
    .each('bills', bill, ({ orders }) => orders.map(order => ({ order })))
    .andThen(remind, () => ({}))
  return { bill, remind, sell, close }
}

/** A shop whose jobs are these, and which would write its state file into its own folder. */
export async function shop(
  t: TestContext,
  jobs: Record<string, unknown>,
  env: Record<string, string> = {},
) {
  // A file cannot be handed a value: it finds the jobs under a key of its own.
  const key = `shop-${crypto.randomUUID()}`
  const global: Record<string, unknown> = globalThis as never
  global[key] = jobs
  const exports = Object.keys(jobs)
    .map(name => `export const ${name} = globalThis['${key}'].${name}`)
    .join('\n')
  const folder = temporaryApp(t, {
    files: {
      'app/index.ts': plainApp,
      'app/jobs/jobs.ts': exports,
    },
  })
  const { App } = await import(`${folder}/app/index.ts`)
  const app: AnyApp = App.make(folder, { env: { LOG_CHANNEL: 'null', ...env } })
  t.after(async () => {
    await app.dispose()
    delete global[key]
  })
  return app
}

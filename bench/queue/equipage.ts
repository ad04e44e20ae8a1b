import { runtimeOf, type Worker } from 'equipage'
import { createApp } from './application/app/index.ts'
import { heard, noop } from './application/app/jobs/noop.ts'
import type { Subject } from './subject.ts'

export async function open(port: number): Promise<Subject> {
  const app = createApp(port)
  const runtime = runtimeOf(app)
  const { carrier } = await runtime.connection
  await carrier.counts(['default'])
  let worker: Worker | undefined
  return {
    push: payload => app.queue.push(noop, payload),
    pushMany: payloads => app.queue.pushMany(noop, payloads),
    work(concurrency, ran) {
      heard.ran = ran
      worker = runtime.worker({ concurrency })
      return worker.start()
    },
    async close() {
      await worker?.stop(0)
      await app.dispose()
    },
  }
}

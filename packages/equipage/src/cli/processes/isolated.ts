import module from 'node:module'
import { Worker as Thread } from 'node:worker_threads'
import { lifelineFd, type Runtime, runtimeOf } from '../../app/index.ts'
import { ownExtension, systemClock } from '../../core/index.ts'
import {
  type HostedApplication,
  IsolatedHost,
  isolatedPatienceMs,
  memoryReportedEveryMs,
} from '../../worker/index.ts'
import { keepCompiledCode } from './compile-cache.ts'
import { findApp } from './find-app.ts'
import { surviveStrayRejections } from './stray-rejections.ts'

/*
 * The process of isolated jobs; a worker starts it, and it ends when that lets go of it, or is gone.
 *
 * 1. Loads the application with its first job, as a command does.
 * 2. Runs one job at a time, as the worker says.
 * 3. At the end, which is also that of a long idleness, aborts what runs, disposes of the
 *    application, and exits. A thread kills it when that takes too long.
 */
const [basePath = '', output] = process.argv.slice(2)
let runtime: Runtime | undefined

// Signals go to whole groups of processes, and it is the worker that says when a job has to end.
process.on('SIGTERM', () => undefined)
process.on('SIGINT', () => undefined)
watchWorker()
keepCompiledCode(basePath)

const host = new IsolatedHost({
  load,
  // What is lost with the channel is lost with the worker.
  say: message => void process.send?.(message, undefined, {}, () => undefined),
  memoryBytes: () => process.memoryUsage.rss(),
  clock: systemClock,
})
process.on('message', message => host.receive(message))
const disconnected = new Promise<void>(resolve => process.once('disconnect', resolve))
// The worker may have gone before anything listened.
if (!process.connected) process.exit(0)
await Promise.race([disconnected, host.idle])
// From now on the worker knows that it is of no use any more.
if (process.connected) process.disconnect?.()
await host.stop()
await runtime?.dispose()
process.exit(0)

async function load(): Promise<HostedApplication> {
  const found = runtimeOf(await findApp(basePath, basePath))
  runtime = found
  if (output === 'stderr') found.appLog.toStandardError()
  found.appLog.showProcessId()
  surviveStrayRejections(found.log)
  const jobs = await found.jobs
  await found.ready()
  // Now, since a process that is killed writes nothing at its end.
  module.flushCompileCache()
  const { app, clock, log, middleware } = found
  return { app, clock, log, jobs, middleware }
}

/** In a thread of its own, which goes on when a job holds up this one. */
function watchWorker(): void {
  const workerData = {
    fd: lifelineFd,
    patienceMs: isolatedPatienceMs,
    tellEveryMs: memoryReportedEveryMs,
  }
  const thread = new Thread(new URL(`./isolated-watch${ownExtension}`, import.meta.url), {
    workerData,
    execArgv: [],
  })
  thread.unref()
}

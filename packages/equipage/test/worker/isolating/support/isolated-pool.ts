import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { discoverJobs } from '../../../../src/app/discovery.ts'
import { forkIsolated } from '../../../../src/app/isolated-fork.ts'
import {
  type Isolation,
  MemoryCheckpoints,
  type Progress,
  type PushOptions,
} from '../../../../src/job/index.ts'
import { IsolatedProcesses } from '../../../../src/worker/index.ts'
import { capturedLog } from '../../../support/captured-log.ts'
import { StubClock } from '../../../support/stub-clock.ts'
import { plainApp, temporaryApp } from '../../../support/temporary-app.ts'

/** How one run differs from the usual. */
export interface PoolRun extends Partial<Isolation> {
  readonly data?: unknown
  readonly signal?: AbortSignal
}

const prelude = `
  import { appendFileSync, existsSync } from 'node:fs'
  import { setTimeout as pause } from 'node:timers/promises'
  import { defineJob } from 'equipage'
  import { z } from 'zod'
  const job = (name, run) => defineJob({ name, payload: z.any(), isolate: true, run })
`

/**
 * Real processes for isolated jobs of an application of the test's own, under a clock that stands still.
 * @param jobs source of `app/jobs/all.ts`, where `job(name, run)` defines one that takes any payload
 * @param files more files, such as another `app/index.ts`
 */
export function isolatedPool(test: TestContext, jobs: string, files: Record<string, string> = {}) {
  const children: ChildProcess[] = []
  // Before the hook that takes their folder away.
  test.after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await pool.stop()
  })
  const source = { 'app/index.ts': plainApp, 'app/jobs/all.ts': `${prelude}${jobs}`, ...files }
  const folder = temporaryApp(test, { files: source })
  const env = { LOG_CHANNEL: 'single', LOG_FILE: 'app.log', LOG_LEVEL: 'debug' }
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const told: Progress[] = []
  const pushes: { name: string; payload: unknown; options: PushOptions | undefined }[] = []
  const checkpoints = new MemoryCheckpoints()
  const pool = new IsolatedProcesses({
    fork() {
      const child = forkIsolated({ basePath: folder, env, output: 'stdout' })
      children.push(child)
      return child
    },
    jobs: () => discoverJobs(join(folder, 'app')),
    log,
    clock,
  })
  const run = (name: string, given: PoolRun = {}): Promise<unknown> => {
    const { data = {}, signal = new AbortController().signal } = given
    const { maxJobs = 100, maxMemoryBytes = 10_000_000_000 } = given
    const numbers = { attempt: 1, attempts: 1, starts: 1, pushedAt: clock.now() }
    const ids = { id: `${name}-1`, name, queue: 'default', metadata: {} }
    return pool.run({
      attempt: { ...ids, ...numbers, data, signal, checkpoints, report: () => undefined },
      isolation: { maxJobs, maxMemoryBytes },
      signal,
      log,
      progress: progress => void told.push(progress),
      async push({ name }, payload, options) {
        pushes.push({ name, payload, options })
        return { id: 'pushed', name, queue: 'default', state: 'waiting' }
      },
    })
  }
  return { pool, run, folder, clock, lines, told, pushes, checkpoints, children }
}

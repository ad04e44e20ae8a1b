import { type AnyApp, runtimeOf } from '../app/index.ts'
import type { GroupDefinition, PayloadArgument, PushedJob } from '../job/index.ts'
import { MemoryGroups } from '../simulation/index.ts'
import type { GroupRun, JobRun, RunChainOptions, RunEnd } from './job-run.ts'
import { prepared, runAttempt } from './run-attempt.ts'

/**
 * Runs a group, each job as `runJob` does: the one that makes the payloads, the members one after the
 * other, and the last job when all have ended. Its end is that of its last job; where that does not
 * run, it is what kept it from running: the failure of the group, or the first member that has not
 * finally ended with its first attempt.
 * @throws as `runJob` does
 */
export async function runGroup<Input, Result>(
  app: AnyApp,
  group: GroupDefinition<Input, Result>,
  ...args: [...PayloadArgument<Input>, options?: RunChainOptions]
): Promise<GroupRun<Result>> {
  const given: readonly unknown[] = args
  const [payload, options = {}] = given as [payload?: unknown, options?: RunChainOptions]
  const groups = new MemoryGroups(runtimeOf(app).clock)
  const run = (job: PushedJob) => runAttempt(app, job, options, groups)
  const fanOut = await run(await prepared(app, group, payload, options.tick))
  const [first] = fanOut.following
  const plan = (await groups.state(first?.metadata.group?.id ?? ''))?.plan
  const members: Record<string, JobRun[]> = {}
  for (const { key } of group.slots) members[key] = []
  let finallyJob: JobRun | undefined
  let end: RunEnd = failureOf(fanOut) ?? fanOut.end
  const waiting = [...fanOut.following]
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    const ran = await run(job)
    waiting.push(...ran.following)
    const { index } = job.metadata.group ?? {}
    if (index === 'finally') {
      finallyJob = ran.job
      end = ran.end
      continue
    }
    const slot = plan?.members[Number(index)]?.slot ?? 0
    members[plan?.slots[slot]?.key ?? '']?.push(ran.job)
    const waits = end === fanOut.end && !isFinal(ran.end)
    end = failureOf(ran) ?? (waits ? ran.end : end)
  }
  const runs = [fanOut.job, ...Object.values(members).flat(), ...(finallyJob ? [finallyJob] : [])]
  const pushed = runs.flatMap(one => one.pushed)
  const found = end === fanOut.end && end.outcome === 'completed' ? { outcome: end.outcome } : end
  return {
    ...found,
    fanOut: fanOut.job,
    members,
    ...(finallyJob ? { finally: finallyJob } : {}),
    pushed,
  } as GroupRun<Result>
}

/** How the group has failed with a job, if it has. */
function failureOf({ run }: Awaited<ReturnType<typeof runAttempt>>): RunEnd | undefined {
  return run && !run.ok ? { outcome: 'failed', error: run.error } : undefined
}

function isFinal({ outcome }: RunEnd): boolean {
  return outcome === 'completed' || outcome === 'failed'
}

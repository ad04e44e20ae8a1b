import type { AnyApp } from '../app/index.ts'
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
  const groups = new MemoryGroups(app.clock)
  const run = (job: PushedJob) => runAttempt(app, job, options, groups)
  const spread = await run(await prepared(app, group, payload, options.tick))
  const [first] = spread.following
  const plan = (await groups.standing(first?.stamp.group?.id ?? ''))?.plan
  const members: Record<string, JobRun[]> = {}
  for (const { key } of group.slots) members[key] = []
  let last: JobRun | undefined
  let end: RunEnd = failureOf(spread) ?? spread.end
  const waiting = [...spread.following]
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    const ran = await run(job)
    waiting.push(...ran.following)
    const { place } = job.stamp.group ?? {}
    if (place === 'last') {
      last = ran.job
      end = ran.end
      continue
    }
    const slot = plan?.members[Number(place)]?.slot ?? 0
    members[plan?.slots[slot]?.key ?? '']?.push(ran.job)
    const waits = end === spread.end && !isFinal(ran.end)
    end = failureOf(ran) ?? (waits ? ran.end : end)
  }
  const runs = [spread.job, ...Object.values(members).flat(), ...(last ? [last] : [])]
  const pushed = runs.flatMap(one => one.pushed)
  const found = end === spread.end && end.outcome === 'completed' ? { outcome: end.outcome } : end
  return {
    ...found,
    spread: spread.job,
    members,
    ...(last ? { last } : {}),
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

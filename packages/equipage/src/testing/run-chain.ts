import type { AnyApp } from '../app/index.ts'
import type { ChainDefinition, PayloadArgument } from '../job/index.ts'
import type { ChainRun, JobRun, RunChainOptions } from './job-run.ts'
import { prepared, runAttempt } from './run-attempt.ts'

/**
 * Runs a chain, each job as `runJob` does, given what the one before it handed over. It ends with
 * the first that does not complete and is not followed all the same.
 * @throws as `runJob` does
 */
export async function runChain<Input, Result>(
  app: AnyApp,
  chain: ChainDefinition<Input, Result>,
  ...args: [...PayloadArgument<Input>, options?: RunChainOptions]
): Promise<ChainRun<Result>> {
  const given: readonly unknown[] = args
  const [payload, options = {}] = given as [payload?: unknown, options?: RunChainOptions]
  const first = await prepared(app, chain, payload, options.tick)
  const links: JobRun[] = []
  let ran = await runAttempt(app, first, options)
  links.push(ran.job)
  for (let [next] = ran.following; next; [next] = ran.following) {
    ran = await runAttempt(app, next, options)
    links.push(ran.job)
  }
  const pushed = links.flatMap(run => run.pushed)
  return { ...ran.end, links, pushed } as ChainRun<Result>
}

import type { Runtime } from '../../app/index.ts'
import { processName } from '../../core/index.ts'
import { deploymentOf, type Schedule } from '../../schedule/index.ts'
import { type Output, table } from '../terminal/index.ts'
import { schedulesOf } from './app-schedules.ts'
import { type ChangeKind, type DeploymentChange, deploymentChanges } from './deployment-changes.ts'
import { ticksOf } from './stored-schedules.ts'

/** `equipage schedule sync`: what registering this code's schedules changes; without `--dry-run` it registers them. */
export async function scheduleSync(
  runtime: Runtime,
  { print, note }: Output,
  options: { dryRun?: true; json?: true },
): Promise<void> {
  const schedules = await schedulesOf(runtime)
  const deployment = deploymentOf(schedules)
  const memory = await ticksOf(runtime)
  const compare = async () => deploymentChanges(deployment.entries, await memory.stored())
  const changes = await compare()
  if (!options.dryRun) await memory.register({ ...deployment, process: processName() })
  if (options.json) print(JSON.stringify(changes, null, 2))
  else print(changesTable(changes, schedules))
  if (options.dryRun) return
  const left = (await compare()).filter(({ change }) => change !== 'leave')
  if (left.length === 0) return
  const names = left.map(({ name }) => name).join(', ')
  note(
    `nothing was changed: another release was registered later, and rules while one of its schedulers lives; it differs in ${names}; stop its schedulers first`,
  )
  process.exitCode = 1
}

const words: Readonly<Record<ChangeKind, string>> = {
  add: 'adds',
  timing: 'changes the timing of (starts anew)',
  action: 'changes the action or policies of',
  leave: 'leaves',
  remove: 'removes',
}

function changesTable(
  changes: readonly DeploymentChange[],
  schedules: readonly Schedule[],
): string {
  if (changes.length === 0) return 'no schedules, neither in the code nor registered'
  const inWords = new Map(schedules.map(({ name, words }) => [name, words]))
  const rows = changes.map(({ name, change, before }) => {
    const now = inWords.get(name) ?? before ?? ''
    // What is registered is known by its definition's text alone, not in words.
    return [words[change], name, change === 'timing' ? `${now}; it was ${before}` : now]
  })
  return table(['this code', 'schedule', 'timing'], rows)
}

import {
  type Definition,
  type JobRegistry,
  jobsWithin,
  type QueueDefinition,
} from '../job/index.ts'

/**
 * Registers a definition, and the jobs that it is made of.
 * @param where it was found, for errors
 * @throws E_DUPLICATE_JOB, E_DUPLICATE_QUEUE
 */
export function register(
  registry: JobRegistry,
  definition: Definition | QueueDefinition,
  where: string,
): void {
  if (definition.kind === 'queue') {
    registry.addQueue(definition, where)
    return
  }
  registry.add(definition, where)
  // These need not be named: a worker that knows the chain or group knows its jobs.
  for (const { job } of jobsWithin(definition)) registry.add(job, where)
}

export function isQueue(value: unknown): value is QueueDefinition {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  return value.kind === 'queue' && 'limits' in value
}

export function isDefinition(value: unknown): value is Definition {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false
  const runs = value.kind === 'job' && 'run' in value && 'backoff' in value
  const grouped = value.kind === 'group' && 'slots' in value
  return runs || grouped || (value.kind === 'chain' && 'links' in value)
}

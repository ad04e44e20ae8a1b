import type { Runtime } from '../../app/index.ts'
import { EquipageError, toError } from '../../core/index.ts'
import type { Receipt } from '../../job/index.ts'
import type { Print } from '../terminal/index.ts'

/** `equipage queue push NAME '{json}'` */
export async function queuePush(
  runtime: Runtime,
  print: Print,
  name: string,
  payload: string,
  options: { json?: true },
): Promise<void> {
  const definition = (await runtime.jobs).resolve(name)
  const { error, ...receipt } = await runtime.queue.push(definition, parse(payload, name))
  if (options.json) print(JSON.stringify({ ...receipt, error: error?.message }, null, 2))
  else print(sentence(receipt, error))
  if (receipt.state === 'failed') process.exitCode = 1
}

function sentence({ name, id, queue, state, existing }: Receipt, error?: Error): string {
  if (existing) return `${name}: refused, job ${existing.id} of queue "${queue}" is in the way`
  return `${name} ${id}: ${state}${error ? ` (${error.message})` : ''}`
}

function parse(payload: string, name: string): unknown {
  try {
    return JSON.parse(payload)
  } catch (thrown) {
    const reason = toError(thrown).message
    throw new EquipageError('E_BAD_JSON', {
      where: `the payload of "${name}"`,
      given: payload,
      reason,
    })
  }
}

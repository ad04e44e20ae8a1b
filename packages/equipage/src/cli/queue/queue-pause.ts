import type { Queue, QueuePause } from '../../queue/index.ts'
import type { Print } from '../terminal/index.ts'

interface PauseOptions {
  json?: true
}

/** `equipage queue pause [NAME...]` */
export async function queuePause(
  queue: Queue,
  print: Print,
  names: string[],
  options: PauseOptions,
): Promise<void> {
  show(print, await queue.pause(...names), options)
}

/** `equipage queue resume [NAME...]` */
export async function queueResume(
  queue: Queue,
  print: Print,
  names: string[],
  options: PauseOptions,
): Promise<void> {
  show(print, await queue.resume(...names), options)
}

function show(print: Print, changes: readonly QueuePause[], { json }: PauseOptions): void {
  print(json ? JSON.stringify(changes, null, 2) : changes.map(said).join('\n'))
}

function said({ queue, paused, changed }: QueuePause): string {
  if (paused) return `${queue}: ${changed ? 'paused' : 'was paused already'}`
  return `${queue}: ${changed ? 'goes on' : 'was not paused'}`
}

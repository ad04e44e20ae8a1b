import type { RedisClient as BullClient } from 'bullmq'
import { declaredKeys, mostCharactersPerScript, numberOfKeys } from '../pushing/index.ts'
import type { RedisClient } from '../server/index.ts'
import { finishMany, mostPerScript } from './finish-many-script.ts'
import { finish } from './finish-script.ts'

/** What the scripts take of a job that completes: six values of its worker and queue, three of its own. */
export type Ending = [
  timestamp: number,
  field: string,
  lockMs: number,
  worker: string,
  keepSeconds: number,
  keepCount: number,
  id: string,
  token: string,
  result: string,
]

/** An ending on its way, and whoever waits for the answer. */
interface Sent {
  readonly ending: Ending
  resolve(reply: unknown): void
  reject(error: unknown): void
}

/**
 * Redis is to complete some of the jobs while others run here: a script takes a quarter of them at
 * most, and where there are few, one.
 */
const concurrencyThatGathers = 16

/** Makes the scripts known to a worker's client. */
export function defineEndings(client: RedisClient): void {
  for (const { name, lua } of [finish, finishMany])
    client.defineCommand(name, { numberOfKeys, lua })
}

/** Completes the jobs of a queue: those that end in one turn of the event loop in one script. */
export class Endings {
  readonly #most: number
  #gathered: Sent[] = []

  /** @param concurrency how many jobs run at a time */
  constructor(concurrency: number) {
    const some = concurrency < concurrencyThatGathers ? 1 : Math.ceil(concurrency / 4)
    this.#most = Math.min(mostPerScript, some)
  }

  /** @returns what BullMQ's script would */
  add(client: BullClient, prefix: string, ending: Ending): Promise<unknown> {
    if (this.#most === 1) return completeOne(client, prefix, ending)
    return new Promise((resolve, reject) => {
      // It runs when every job that was answered in this turn has had its chance to end.
      if (this.#gathered.length === 0) process.nextTick(() => this.#flush(client, prefix))
      this.#gathered.push({ ending, resolve, reject })
    })
  }

  #flush(client: BullClient, prefix: string): void {
    const alike = Object.groupBy(this.#gathered, ({ ending }) => `${ending[4]} ${ending[5]}`)
    this.#gathered = []
    for (const sent of Object.values(alike)) {
      for (const portion of portions(sent ?? [], this.#most)) completeAll(client, prefix, portion)
    }
  }
}

/** As many of them at a time as one script takes. */
function* portions(sent: readonly Sent[], most: number): Generator<Sent[]> {
  let portion: Sent[] = []
  let characters = 0
  for (const each of sent) {
    const { length } = each.ending[8]
    const isFull = portion.length === most || characters + length > mostCharactersPerScript
    if (isFull && portion.length > 0) {
      yield portion
      portion = []
      characters = 0
    }
    portion.push(each)
    characters += length
  }
  if (portion.length > 0) yield portion
}

/** Completes jobs whose endings differ in what is their own alone. */
function completeAll(client: BullClient, prefix: string, sent: readonly Sent[]): void {
  const [first] = sent
  if (!first) return
  if (sent.length === 1) {
    settle(client, prefix, first)
    return
  }
  const args: unknown[] = [...declaredKeys(prefix), ...first.ending.slice(0, 6)]
  for (const { ending } of sent) {
    // By the timestamp the script for one knows a job that the one for many has completed.
    ending[0] = first.ending[0]
    args.push(ending[6], ending[7], ending[8])
  }
  const answered = client.runCommand(finishMany.name, args) as Promise<unknown[]>
  answered.then(
    replies => {
      for (const [index, each] of sent.entries()) {
        const reply = replies[index]
        if (reply === null) settle(client, prefix, each)
        else each.resolve(reply)
      }
    },
    error => {
      for (const { reject } of sent) reject(error)
    },
  )
}

function settle(client: BullClient, prefix: string, { ending, resolve, reject }: Sent): void {
  completeOne(client, prefix, ending).then(resolve, reject)
}

function completeOne(client: BullClient, prefix: string, ending: Ending): Promise<unknown> {
  return client.runCommand(finish.name, [...declaredKeys(prefix), ...ending]) as Promise<unknown>
}

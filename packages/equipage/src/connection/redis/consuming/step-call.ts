import { declaredKeys, numberOfKeys } from '../pushing/index.ts'
import type { RedisClient } from '../server/index.ts'
import { unknownScripts } from './bull-functions.ts'
import type { JobEnd } from './job-end.ts'
import type { LaneCall } from './lane.ts'
import { shortStepScript } from './short-step-script.ts'
import { stepScript } from './step-script.ts'
import type { TakenReply } from './taken-job.ts'

const long = 'equipageStep'
const short = 'equipageShortStep'

/** What a call is answered, as step-script.ts says; or the number of the lane's last call, which is a later one. */
export type StepReply =
  | readonly [
      number: number,
      now: string,
      fates: readonly number[],
      jobs: readonly TakenReply[],
      more: number,
      limitedMs: number,
      due: number,
    ]
  | readonly [last: number]

/** Who calls, and for which queue. */
export interface Caller {
  readonly prefix: string
  readonly queue: string
  /** The lane's name, of which its key is made. */
  readonly lane: string
  readonly consumer: string
  /** The process, as records call it. */
  readonly worker: string
  readonly lockMs: number
}

/** Makes the scripts known to a consumer's client. */
export function defineStep(client: RedisClient): void {
  client.defineCommand(long, { numberOfKeys, lua: stepScript })
  client.defineCommand(short, { numberOfKeys, lua: shortStepScript })
}

/** Sends a call: the short way where it may go that, else the long one. */
export async function sendStep(
  client: RedisClient,
  call: LaneCall,
  caller: Caller,
): Promise<StepReply> {
  const commands = client as unknown as Record<
    string,
    (args: unknown[]) => Promise<StepReply | null>
  >
  const args = shortArguments(call, caller)
  const reply = args && (await commands[short]?.(args))
  if (reply) return reply
  const answer = await commands[long]?.(longArguments(call, caller))
  if (!answer) throw new Error('the script gave no answer')
  return answer
}

function headOf({ number, runs, ends }: LaneCall, caller: Caller): (string | number)[] {
  const { prefix, queue, lane, consumer, worker, lockMs } = caller
  return [
    ...declaredKeys(`${prefix}:${queue}:`),
    `${prefix}::lanes:${consumer}:${lane}`,
    number,
    consumer,
    worker,
    lockMs,
    runs.length,
    ends.length,
  ]
}

function longArguments(call: LaneCall, caller: Caller): (string | number)[] {
  const args = headOf(call, caller)
  args.push(...call.runs)
  for (const end of call.ends) args.push(...end)
  return args
}

/** @returns undefined for a call that has to go the long way */
function shortArguments(call: LaneCall, caller: Caller): (string | number)[] | undefined {
  const { runs, ends } = call
  if (unknownScripts.length > 0) return undefined
  const keep = keepOf(ends)
  if (!keep) return undefined
  const args = headOf(call, caller)
  args.push(...keep, ...runs)
  for (const [, id, run, , result, , attempts] of ends) args.push(id, run, attempts, result)
  return args
}

const noEnds = [0, 0] as const

/** For how many seconds, and how many of, these jobs are kept; undefined where they are not alike, or not plain. */
function keepOf(ends: readonly JobEnd[]): readonly [seconds: number, count: number] | undefined {
  const [first] = ends
  if (!first) return noEnds
  const text = first[5]
  for (const end of ends)
    if (end[0] !== 'c' || end[7] !== 'plain' || end[5] !== text) return undefined
  const [seconds, count, limit] = text.split(' ')
  const keep = [Number(seconds), Number(count)] as const
  return limit === '-' && keep[0] > 0 && keep[1] > 0 ? keep : undefined
}

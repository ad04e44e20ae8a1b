/** What a supervisor sends to a worker process that listens: stop, as at a signal. */
export const stopMessage = { kind: 'equipage:stop' } as const

/** What a worker process sends to its supervisor. */
export type FromWorker =
  /** Before its first job: from now on it receives `stopMessage`. */
  | { kind: 'equipage:listening' }
  /** At its end, about its whole life: attempts that it has run, and jobs that its stop handed back. */
  | { kind: 'equipage:done'; attemptsEnded: number; handedBack: number }

export function isStop(value: unknown): boolean {
  return isObject(value) && value['kind'] === stopMessage.kind
}

/** A message of a worker process; undefined for anything else, since a job can send messages too. */
export function readFromWorker(value: unknown): FromWorker | undefined {
  if (!isObject(value)) return undefined
  const { kind, attemptsEnded, handedBack } = value
  if (kind === 'equipage:listening') return { kind }
  if (kind !== 'equipage:done' || !isCount(attemptsEnded) || !isCount(handedBack)) return undefined
  return { kind, attemptsEnded, handedBack }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

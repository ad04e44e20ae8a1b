/** What a supervisor says to a worker process that listens: stop, as at a signal. */
export const stopMessage = { kind: 'equipage:stop' } as const

/** What a worker process says to its supervisor. */
export type FromWorker =
  /** Before its first job: from now on it hears when it is told to stop. */
  | { kind: 'equipage:listens' }
  /** Its last word, of its whole life: attempts that have ended, and jobs that its stop handed back. */
  | { kind: 'equipage:done'; attemptsEnded: number; handedBack: number }

export function isStop(value: unknown): boolean {
  return isObject(value) && value['kind'] === stopMessage.kind
}

/** A message of a worker process; undefined when it has the form of none, since a job can send there too. */
export function readFromWorker(value: unknown): FromWorker | undefined {
  if (!isObject(value)) return undefined
  const { kind, attemptsEnded, handedBack } = value
  if (kind === 'equipage:listens') return { kind }
  if (kind !== 'equipage:done' || !isCount(attemptsEnded) || !isCount(handedBack)) return undefined
  return { kind, attemptsEnded, handedBack }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

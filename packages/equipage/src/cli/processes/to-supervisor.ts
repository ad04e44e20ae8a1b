import { type FromWorker, isStop } from '../../worker/index.ts'

/**
 * Tells the process that forked this one that it listens, and resolves with its message to stop. A
 * parent that is no supervisor ignores that.
 */
export function askedToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.on('message', message => {
    if (isStop(message)) resolve()
  })
  void send({ kind: 'equipage:listening' })
  return promise
}

/** Reports what this process has done, as its last message; resolves when it was sent, or cannot be. */
export function reportTotals(done: { attemptsEnded: number; handedBack: number }): Promise<void> {
  return send({ kind: 'equipage:done', ...done })
}

function send(message: FromWorker): Promise<void> {
  return new Promise(resolve => {
    if (!process.connected || !process.send) return resolve()
    process.send(message, undefined, {}, () => resolve())
  })
}

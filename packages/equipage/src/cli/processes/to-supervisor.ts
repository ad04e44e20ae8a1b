import { type FromWorker, isStop } from '../../worker/index.ts'

/**
 * Says to the process that forked this one that it listens, and resolves when it is told to stop.
 * Whoever forked it without being a supervisor leaves that alone.
 */
export function askedToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.on('message', message => {
    if (isStop(message)) resolve()
  })
  void say({ kind: 'equipage:listens' })
  return promise
}

/** Says what this process has done, as its last word; resolves when that is on its way, or cannot be. */
export function sayDone(done: { attemptsEnded: number; handedBack: number }): Promise<void> {
  return say({ kind: 'equipage:done', ...done })
}

function say(message: FromWorker): Promise<void> {
  return new Promise(resolve => {
    if (!process.connected || !process.send) return resolve()
    process.send(message, undefined, {}, () => resolve())
  })
}

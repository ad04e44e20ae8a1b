import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'

/**
 * A thread of an isolated process, which goes on when a job holds up the event loop of the other one.
 *
 * 1. Kills the process when that has not ended a while after its worker is gone.
 * 2. Tells the worker how much memory the process occupies, again and again: a line each, in bytes.
 */
const { fd, patienceMs, tellEveryMs } = workerData as {
  fd: number
  patienceMs: number
  tellEveryMs: number
}

const lifeline = new Socket({ fd, readable: true, writable: true })
// The worker writes nothing there; what counts is its end, whatever it is.
lifeline.on('error', () => undefined)
lifeline.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs))
lifeline.resume()

tellMemory()
setInterval(tellMemory, tellEveryMs)

function tellMemory(): void {
  // A worker that does not read is not told more than a pipe holds.
  if (lifeline.writable && lifeline.writableLength === 0) {
    lifeline.write(`${process.memoryUsage.rss()}\n`)
  }
}

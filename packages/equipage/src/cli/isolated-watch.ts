import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'

/**
 * A thread of an isolated process. It kills the process when that has not ended a while after its
 * worker is gone: a job that holds up the event loop keeps the other thread from noticing.
 */
const { fd, patienceMs } = workerData as { fd: number; patienceMs: number }

const lifeline = new Socket({ fd, readable: true, writable: false })
// Nothing is ever written there; what counts is its end, whatever it is.
lifeline.on('error', () => undefined)
lifeline.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMs))
lifeline.resume()

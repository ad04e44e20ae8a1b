import { readFileSync } from 'node:fs'

/** Whether there is such a process. One that has ended and that nobody has asked for its code is none. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    // Where there is no /proc, it was found by the signal alone.
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux'
  }
}

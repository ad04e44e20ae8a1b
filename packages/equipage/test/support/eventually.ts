import { setTimeout as pause } from 'node:timers/promises'

/**
 * Tries an assertion again until it holds: for what another process or server does in its own
 * time. It fails with the assertion's own error after a limit that no machine should reach.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, limitMs = 30_000): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await pause(20)
  }
}

import { EquipageError } from '../../core/index.ts'
import type { JobContext } from './context.ts'

/**
 * Stands around a job's function. It may look before and after, give another result, leave the
 * function out by not calling `next`, or fail the attempt by throwing.
 * @param next runs what stands inside, and gives its result; it is called once at most
 * @returns the result of the attempt: usually what `next` gave
 */
export type JobMiddleware = (
  context: JobContext<unknown>,
  next: () => Promise<unknown>,
) => Promise<unknown> | unknown

/**
 * Runs a job's function inside of its middleware, the first one outermost.
 * @throws what they throw; E_MIDDLEWARE_NEXT when one calls `next` a second time
 */
export async function throughMiddleware(
  middleware: readonly JobMiddleware[],
  context: JobContext<unknown>,
  run: () => unknown,
): Promise<unknown> {
  const from = async (index: number): Promise<unknown> => {
    const layer = middleware[index]
    if (!layer) return run()
    let inside: Promise<unknown> | undefined
    let twice: EquipageError | undefined
    const next = async () => {
      if (inside !== undefined) {
        const fields = { job: context.name, middleware: layer.name || 'anonymous' }
        twice = new EquipageError('E_MIDDLEWARE_NEXT', fields)
        throw twice
      }
      inside = from(index + 1)
      return inside
    }
    const called = () => {
      const answer = next()
      // A layer need not wait for what it called; a rejection that nobody hears would end the process.
      answer.catch(() => undefined)
      return answer
    }
    const result = await layer(context, called)
    // What has begun belongs to the attempt, even where the layer did not wait for it.
    await Promise.allSettled([inside])
    if (twice) throw twice
    return result
  }
  return from(0)
}

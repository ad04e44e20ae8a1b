import type { Json } from '../../core/index.ts'
import type { PushedJob } from '../pushing/index.ts'
import type { FanOut } from './group-fan-out.ts'

/** How a job finally ended; when it completed, with what follows it still to be pushed. */
export type FinalEnd =
  | {
      state: 'completed'
      result: Json
      /** The next job of its chain. */
      next?: PushedJob | undefined
      /** The group that it spreads. */
      fanOut?: FanOut
    }
  | { state: 'failed'; error: Error }

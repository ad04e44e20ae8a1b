import { AsyncLocalStorage } from 'node:async_hooks'
import { type AnyApp, runtimeOf } from '../app/index.ts'
import { EquipageError } from '../core/index.ts'
import {
  type MemoryConnection,
  type MemoryConnectionOptions,
  memoryConnection,
} from '../simulation/index.ts'
import { type Pushed, pushedOf } from './pushed.ts'

/** Records what an application pushes, instead of its connection; nothing of it is run. */
export class Recorder {
  readonly connection: MemoryConnection
  readonly #pushes: Pushed[] = []
  readonly #ofWork = new AsyncLocalStorage<Pushed[]>()

  constructor(options: Pick<MemoryConnectionOptions, 'clock' | 'durationOf' | 'guarded'>) {
    this.connection = memoryConnection({
      ...options,
      onPush: push => {
        const pushed = pushedOf(push)
        this.#pushes.push(pushed)
        this.#ofWork.getStore()?.push(pushed)
      },
    })
  }

  /** The oldest first. */
  get pushes(): readonly Pushed[] {
    return this.#pushes
  }

  /** Does some work, and gives what was pushed in its course; other work beside it does not mix with it. */
  async during<T>(work: () => Promise<T>): Promise<{ result: T; pushed: Pushed[] }> {
    const pushed: Pushed[] = []
    return { result: await this.#ofWork.run(pushed, work), pushed }
  }
}

/** An application has one recorder at most, so that all who ask for it see the same pushes. */
const recorders = new WeakMap<AnyApp, Recorder>()

/**
 * Replaces an application's connection by a recorder.
 * @throws E_SERVICE_IN_USE when the connection has been used, or another recorder is there
 */
export function record(app: AnyApp, recorder: Recorder): Recorder {
  if (recorders.has(app)) throw new EquipageError('E_SERVICE_IN_USE', { name: 'connection' })
  runtimeOf(app).replace('connection', recorder.connection)
  recorders.set(app, recorder)
  return recorder
}

/**
 * The recorder of an application; put in place when it has none yet.
 * @throws E_SERVICE_IN_USE
 */
export function recorderOf(app: AnyApp): Recorder {
  // The clock is asked for with the first push: until then the test can still replace it.
  const runtime = runtimeOf(app)
  const clock = {
    now: () => runtime.clock.now(),
    monotonic: () => runtime.clock.monotonic(),
    after: (delayMs: number, fire: () => void) => runtime.clock.after(delayMs, fire),
  }
  return recorders.get(app) ?? record(app, new Recorder({ clock, guarded: false }))
}

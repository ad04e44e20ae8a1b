import type { AnyApp } from '../app/index.ts'
import { PushAssertions } from './push-assertions.ts'
import { recorderOf } from './recorder.ts'

/**
 * Replaces an application's queue by one that records what is pushed, and runs nothing. What a push
 * is refused for elsewhere it is refused for here too. Nothing is connected to and no file is written,
 * whatever `QUEUE_CONNECTION` says.
 * @throws E_SERVICE_IN_USE when the application's connection has been used already
 */
export function fakeQueue(app: AnyApp): FakeQueue {
  return new FakeQueue(recorderOf(app))
}

/** What an application has pushed, and assertions about it. */
export class FakeQueue extends PushAssertions {}

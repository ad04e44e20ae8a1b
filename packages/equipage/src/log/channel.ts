import type { DestinationStream } from 'pino'

/** Somewhere that lines go, written synchronously. */
export interface Channel extends DestinationStream {
  end(): void
}

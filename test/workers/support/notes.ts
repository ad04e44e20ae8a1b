import { closeSync, openSync, readSync } from 'node:fs'

/** One line that a job has written of itself. */
export interface Note {
  readonly job: string
  readonly n: number
  readonly id: string
  /** Which process ran it. */
  readonly pid: number
  /** `began` or `ended`; of a part `ran` and `stored`, with its name. */
  readonly what: string
}

/** Reads what jobs write down, each line once, however often it is asked. */
export class Notes {
  readonly #path: string
  readonly #read: Note[] = []
  #offset = 0

  constructor(path: string) {
    this.#path = path
  }

  /** All of them so far, in the order in which they were written. */
  all(): readonly Note[] {
    const file = openSync(this.#path, 'r')
    try {
      const chunk = Buffer.alloc(1 << 20)
      for (;;) {
        const bytes = readSync(file, chunk, 0, chunk.length, this.#offset)
        // A line that is being written has no end yet.
        const length = chunk.subarray(0, bytes).lastIndexOf('\n') + 1
        if (length === 0) return this.#read
        const lines = chunk.subarray(0, length).toString().trimEnd().split('\n')
        this.#read.push(...lines.map(line => JSON.parse(line) as Note))
        this.#offset += length
      }
    } finally {
      closeSync(file)
    }
  }
}

/** Entries by the moment when each has to be looked at: the earliest comes out first. */
export class DueHeap<Entry extends { wakeAt: number }> {
  readonly #entries: Entry[] = []

  /** The earliest entry, left in its place. */
  peek(): Entry | undefined {
    return this.#entries[0]
  }

  push(entry: Entry): void {
    const entries = this.#entries
    let index = entries.length
    entries.push(entry)
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = entries[above]
      if (parent === undefined || parent.wakeAt <= entry.wakeAt) break
      entries[index] = parent
      index = above
    }
    entries[index] = entry
  }

  pop(): Entry | undefined {
    const [first] = this.#entries
    const last = this.#entries.pop()
    if (last !== undefined && last !== first) this.#sink(last)
    return first
  }

  clear(): void {
    this.#entries.length = 0
  }

  /** Finds the place, from the top down, of an entry that has lost its own. */
  #sink(entry: Entry): void {
    const entries = this.#entries
    let index = 0
    for (;;) {
      const left = entries[2 * index + 1]
      const right = entries[2 * index + 2]
      const goesRight = left !== undefined && right !== undefined && right.wakeAt < left.wakeAt
      const child = goesRight ? right : left
      if (child === undefined || child.wakeAt >= entry.wakeAt) break
      entries[index] = child
      index = 2 * index + (goesRight ? 2 : 1)
    }
    entries[index] = entry
  }
}

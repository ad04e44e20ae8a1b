/**
 * The known name that a misspelt one most likely means, for "did you mean".
 * @returns the name at the smallest edit distance, undefined when none is within a third of its length (2 at least)
 */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase())
    // A name of which every character was replaced is another name, however short.
    const limit = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1)
    if (distance < bestDistance && distance <= limit) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein's distance: insertions, deletions and replacements of single characters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, b.length)
}

const at = (row: number[], index: number): number => row[index] ?? 0

/**
 * A number that scatters a text: the same in every process and on every machine.
 * FNV-1a over UTF-16 units.
 * @returns 0 to 2^32 - 1
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++)
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash
}

/**
 * A number that scatters a whole number under a seed.
 * @returns 0 (included) to 1 (excluded)
 */
export function hashUnit(seed: number, value: number): number {
  const high = Math.floor(value / 2 ** 32)
  return mix(mix(seed ^ (value | 0)) ^ high) / 2 ** 32
}

/** Spreads every bit over all others (the finisher of MurmurHash3). */
function mix(given: number): number {
  let bits = given | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

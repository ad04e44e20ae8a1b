/** Up to 60 flags in two integers, because a JavaScript integer operation has 32 bits. */
export interface SixtyBits {
  /** Flags 0 to 29. */
  readonly low: number
  /** Flags 30 to 59. */
  readonly high: number
}

export function sixtyBits(values: Iterable<number>): SixtyBits {
  let low = 0
  let high = 0
  for (const value of values) {
    if (value < 30) low |= 1 << value
    else high |= 1 << (value - 30)
  }
  return { low, high }
}

/** The first flag that is set at or after a place, -1 when none is. */
export function nextOfSixty(bits: SixtyBits, from: number): number {
  if (from < 30) {
    const low = nextBit(bits.low, from)
    if (low >= 0) return low
    const high = nextBit(bits.high, 0)
    return high < 0 ? -1 : high + 30
  }
  const high = nextBit(bits.high, from - 30)
  return high < 0 ? -1 : high + 30
}

/** The first flag of 31 that is set at or after a place, -1 when none is. */
export function nextBit(bits: number, from: number): number {
  if (from > 30) return -1
  const left = bits & (-1 << from)
  return left === 0 ? -1 : 31 - Math.clz32(left & -left)
}

export function bitsOf(values: Iterable<number>): number {
  let bits = 0
  for (const value of values) bits |= 1 << value
  return bits
}

/** The places of the set flags, ascending. */
export function placesOf(bits: number): number[] {
  const places = []
  for (let place = nextBit(bits, 0); place >= 0; place = nextBit(bits, place + 1))
    places.push(place)
  return places
}

export const placesOfSixty = (bits: SixtyBits): number[] => [
  ...placesOf(bits.low),
  ...placesOf(bits.high).map(place => place + 30),
]

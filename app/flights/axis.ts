/** A straight scale from values to pixels, with round values to mark on it. */
export interface Axis {
  ticks: number[]
  /** The pixel of a value. */
  at(value: number): number
}

const aboutTicks = 7

/**
 * An axis that holds 0 and all values, and begins and ends on a round value.
 * @param from pixel where it begins
 * @param to pixel where it ends
 */
export function axis(values: readonly number[], from: number, to: number): Axis {
  const lowest = Math.min(0, ...values)
  const highest = Math.max(0, ...values)
  const step = roundStep((highest - lowest || 1) / aboutTicks)
  const first = Math.floor(lowest / step)
  const last = Math.max(Math.ceil(highest / step), first + 1)
  const scale = (to - from) / ((last - first) * step)
  return {
    // Whole steps are multiplied: adding 0.1 again and again drifts.
    ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step),
    at: value => from + (value - first * step) * scale,
  }
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5].map(times => times * power).find(step => step >= least) ?? 10 * power
}

/** A number from 0 (included) to 1 (excluded); handed to whatever draws, so that tests can seed it. */
export type Random = () => number

/** The platform's own generator: for spreading load, never for secrets. */
export const systemRandom: Random = Math.random

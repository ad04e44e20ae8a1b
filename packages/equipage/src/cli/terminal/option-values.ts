import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number, and says which ones are allowed. */
export const wholeNumber =
  (most: number, least = 1) =>
  (text: string): number => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= least && number <= most) return number
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
  }

/** An example under the help of a command. */
export const example = (line: string): string => `\nExample:\n  equipage ${line}`

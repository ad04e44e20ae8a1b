/** A day was asked for that the source has no flights of. */
export class UnknownDay extends Error {
  override readonly name = 'UnknownDay'
  readonly date: string

  /** @param days those that the source has, in order */
  constructor(date: string, days: readonly string[]) {
    const has =
      days.length === 0 ? 'no flights at all' : `${days.length} days, ${days[0]} to ${days.at(-1)}`
    super(`the source has no flights on ${JSON.stringify(date)}; it has ${has}`)
    this.date = date
  }
}

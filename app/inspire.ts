/** Gives one of its quotes at a time, never the same twice in a row when it has several. */
export class Inspire {
  readonly #quotes: readonly string[]
  readonly #random: () => number
  #last: string | undefined

  /**
   * @param quotes repeated and blank ones are left out
   * @param random from 0 (included) to 1 (excluded)
   * @throws when no quote is left
   */
  constructor(quotes: readonly string[], random: () => number) {
    this.#quotes = [...new Set(quotes.map(quote => quote.trim()))].filter(quote => quote !== '')
    this.#random = random
    if (this.#quotes.length === 0) {
      throw new Error('there are no quotes; write at least one in config/inspiring.ts')
    }
  }

  quote(): string {
    const others = this.#quotes.filter(quote => quote !== this.#last)
    const choice = others[Math.floor(this.#random() * others.length)]
    // With one quote there are no others, and it is given again.
    this.#last = choice ?? this.#quotes[0] ?? ''
    return this.#last
  }
}

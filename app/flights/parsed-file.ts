import { readFile, stat } from 'node:fs/promises'
import { SourceFault } from './source-fault.ts'

/**
 * A file that is read and parsed when it is first asked for, and again only after
 * it has changed on disk. Readers at the same time share one reading.
 */
export class ParsedFile<T> {
  readonly #path: string
  readonly #parse: (text: string, path: string) => T
  #last: { metadata: string; content: Promise<T> } | undefined

  constructor(path: string, parse: (text: string, path: string) => T) {
    this.#path = path
    this.#parse = parse
  }

  /** @throws SourceFault when the file cannot be read, and whatever `parse` throws */
  async read(): Promise<T> {
    const metadata = await this.#metadata()
    if (this.#last?.metadata === metadata) return this.#last.content
    const last = { metadata, content: this.#load() }
    this.#last = last
    // A failure is not kept: the next reader tries again.
    last.content.catch(() => {
      if (this.#last === last) this.#last = undefined
    })
    return last.content
  }

  async #metadata(): Promise<string> {
    const { mtimeMs, size } = await stat(this.#path).catch(error => this.#unreadable(error))
    return `${mtimeMs} ${size}`
  }

  async #load(): Promise<T> {
    const text = await readFile(this.#path, 'utf8').catch(error => this.#unreadable(error))
    return this.#parse(text, this.#path)
  }

  #unreadable(cause: unknown): never {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new SourceFault(this.#path, `cannot be read${code}; expected it at ${this.#path}`, {
      cause,
    })
  }
}

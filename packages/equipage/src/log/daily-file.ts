import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import type { Clock } from '../core/index.ts'
import type { Channel } from './channel.ts'
import { openLogFile } from './log-file.ts'

/**
 * A log file a day: `app.log` becomes `app.2026-11-21.log`, by the machine's own date, and only
 * the newest `keep` are left. Several processes may write the same files: each line is one
 * append. (pino-roll does the same in a worker thread, whose last lines a killed process loses.)
 */
export class DailyFile implements Channel {
  readonly #file: string
  readonly #keep: number
  readonly #clock: Clock
  #date = ''
  #out: ReturnType<typeof openLogFile> | undefined

  constructor(file: string, keep: number, clock: Clock) {
    this.#file = file
    this.#keep = keep
    this.#clock = clock
  }

  write(line: string): void {
    const date = localDate(this.#clock.now())
    if (date !== this.#date) this.#turnTo(date)
    this.#out?.write(line)
  }

  end(): void {
    this.#out?.end()
    this.#out = undefined
  }

  #turnTo(date: string): void {
    this.#date = date
    this.#out?.end()
    this.#out = openLogFile(this.#nameOf(date))
    this.#removeOld()
  }

  #nameOf(date: string): string {
    const ending = extname(this.#file)
    return join(dirname(this.#file), `${basename(this.#file, ending)}.${date}${ending}`)
  }

  #removeOld(): void {
    const folder = dirname(this.#file)
    const pattern = basename(this.#nameOf('DATE')).split('DATE')
    const [start = '', end = ''] = pattern
    const dated = readdirSync(folder).filter(
      name =>
        name.startsWith(start) &&
        name.endsWith(end) &&
        /^\d{4}-\d{2}-\d{2}$/.test(name.slice(start.length, name.length - end.length)),
    )
    for (const name of dated.sort().slice(0, -this.#keep))
      rmSync(join(folder, name), { force: true })
  }
}

function localDate(now: number): string {
  const date = new Date(now)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

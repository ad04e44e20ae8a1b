import { readFileSync } from 'node:fs'

export interface CrontabLine {
  readonly expression: string
  /** The package and its version, or the repository and the file. */
  readonly source: string
  /** What the expression means, or what the error says. */
  readonly told: string
}

/** The lines of a file with three columns; empty lines and lines that begin with # are passed over. */
export function crontabLines(file: URL): CrontabLine[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [expression, source, told, ...more] = line.split('\t')
      if (!expression || !source || !told || more.length > 0)
        throw new Error(`${file.pathname} has a line without three columns: ${line}`)
      return { expression, source, told }
    })
}

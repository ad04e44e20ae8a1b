/** One record of a CSV text, with the line that it starts on (from 1). */
export interface CsvRecord {
  line: number
  fields: string[]
}

export class CsvFault extends Error {
  override readonly name = 'CsvFault'
}

// Each match is one field with what ends it. Quoted fields come first: a quote
// inside one is doubled, and commas and line breaks are part of it.
const fieldPattern = '(?:"([^"]*(?:""[^"]*)*)"|([^",\\r\\n]*))(,|\\r?\\n|$)'

/**
 * Reads CSV as RFC 4180 writes it; a byte order mark and empty lines are passed over.
 * @throws CsvFault naming the line, for a quote that is not closed or stands inside a plain field
 */
export function* parseCsv(text: string): Generator<CsvRecord> {
  let line = 1
  let record: CsvRecord = { line, fields: [] }
  const field = new RegExp(fieldPattern, 'y')
  field.lastIndex = text.startsWith('\uFEFF') ? 1 : 0
  for (;;) {
    const found = field.exec(text)
    if (!found) throw new CsvFault(`line ${line}: a quote that is not closed, or out of place`)
    const [whole, quoted, plain = '', end] = found
    record.fields.push(quoted?.replaceAll('""', '"') ?? plain)
    line += whole.split('\n').length - 1
    if (end === ',') continue
    if (record.fields.length > 1 || whole.trim() !== '') yield record
    if (field.lastIndex >= text.length) return
    record = { line, fields: [] }
  }
}

/** One line of CSV without its end; a field is quoted where it must be. */
export function csvLine(fields: readonly (string | number)[]): string {
  return fields.map(value => quotedField(String(value))).join(',')
}

function quotedField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

import { basename } from 'node:path'
import type { z } from 'zod'

const shownFaults = 3

/** The source cannot be used as it is; the message names the file, the place in it and what was found. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault'
  /** The path as it was read. */
  readonly file: string
  /** Every fault, each with its place; empty when the whole file is at fault. */
  readonly faults: readonly string[]

  constructor(file: string, problem: string | readonly string[], options?: ErrorOptions) {
    const faults = typeof problem === 'string' ? [] : problem
    const shown = typeof problem === 'string' ? problem : listed(problem)
    super(`${basename(file)}: ${shown}`, options)
    this.file = file
    this.faults = faults
  }
}

function listed(faults: readonly string[]): string {
  const left = faults.length - shownFaults
  return faults.slice(0, shownFaults).join('; ') + (left > 0 ? `; and ${left} more` : '')
}

/**
 * One line for each thing that a schema found wrong with a record.
 * @param where where the record is in its file, such as "row 12"
 */
export function recordFaults(place: string, record: unknown, error: z.ZodError): string[] {
  return error.issues.map(issue => {
    const field = issue.path.map(String).join('.')
    const value = field === '' ? record : valueAt(record, issue.path)
    return `${place}${field && `, "${field}"`}: ${issue.message}, got ${shownValue(value)}`
  })
}

function valueAt(record: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), record)
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

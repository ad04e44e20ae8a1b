import { randomFillSync } from 'node:crypto'

const idsPerFill = 256
const bytesPerId = 10
const pool = Buffer.alloc(idsPerFill * bytesPerId)
let used = idsPerFill

/**
 * The identity of one run: a UUID of version 7 (RFC 9562), which sorts by the millisecond in which it
 * was drawn.
 * @param now epoch milliseconds
 */
export function runId(now: number): string {
  if (used === idsPerFill) {
    randomFillSync(pool)
    used = 0
  }
  const from = used++ * bytesPerId
  const time = Math.floor(now).toString(16).padStart(12, '0')
  const random = pool.toString('hex', from, from + bytesPerId)
  const variant = ((pool[from + 2] ?? 0) & 0x3f) | 0x80
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant.toString(16)}${random.slice(6, 8)}-${random.slice(8, 20)}`
}

import { EquipageError } from './errors.ts'

const unitBytes = { B: 1, KB: 1_000, MB: 1_000_000, GB: 1_000_000_000 } as const

/**
 * Bytes of an amount of data as people write it: `'500KB'`, `'10MB'`, `'1.5GB'`; a thousand of each
 * are one of the next.
 * @param where what the amount is for, as the error shall name it
 * @returns whole bytes, 0 or more (rounded)
 * @throws E_BAD_SIZE when it has no unit or an unknown one, or is beyond 2^53 bytes
 */
export function sizeBytes(given: string, where: string): number {
  const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,15})?) ?([KMG]?B)$/i.exec(given) ?? []
  const bytes = Math.round(
    Number(amount) * unitBytes[(unit ?? 'B').toUpperCase() as keyof typeof unitBytes],
  )
  if (Number.isSafeInteger(bytes)) return bytes
  throw new EquipageError('E_BAD_SIZE', { where, given })
}

import { EquipageError } from './errors.ts'
import { nearest } from './nearest.ts'

/**
 * Refuses options whose names are almost those of others. Node takes types away unread: what is
 * misspelt would be passed over in silence.
 * @param known every option that there is
 * @param where whose options they are, for the error: `job "report.rebuild"`
 * @throws E_BAD_OPTION
 */
export function refuseMisspelt(
  options: object,
  known: Readonly<Record<string, true>>,
  where: string,
): void {
  for (const [option, given] of Object.entries(options)) {
    if (Object.hasOwn(known, option)) continue
    const meant = nearest(option, Object.keys(known))
    if (meant === undefined) continue
    const expected = `${meant}, because there is no option of this name`
    throw new EquipageError('E_BAD_OPTION', { where, option, given, expected })
  }
}

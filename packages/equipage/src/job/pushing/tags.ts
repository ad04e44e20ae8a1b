import { EquipageError } from '../../core/index.ts'

const mostTags = 20
const longestTag = 100

/**
 * Tags as an author wrote them, each once.
 * @param where whose they are, for the error: `job "report.rebuild"`
 * @throws E_BAD_OPTION
 */
export function readTags(given: unknown, where: string): readonly string[] {
  if (areTags(given)) return [...new Set(given)]
  const expected = `a list of ${mostTags} texts at most, of 1 to ${longestTag} characters each`
  throw new EquipageError('E_BAD_OPTION', { where, option: 'tags', given, expected })
}

/**
 * The tags of a chain's next job: its definition's, and those that the chain was pushed with, as
 * far as there is room.
 * @param before all tags of the job before it
 * @param ofBefore those of that job's definition, which are its alone
 */
export function handedTags(
  before: readonly string[],
  ofBefore: readonly string[],
  own: readonly string[],
): readonly string[] {
  const pushed = before.filter(tag => !ofBefore.includes(tag))
  return [...new Set([...own, ...pushed])].slice(0, mostTags)
}

/** Whether something that a queue gave back has the form of tags. */
export function areTags(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > mostTags) return false
  return value.every(tag => typeof tag === 'string' && tag.length >= 1 && tag.length <= longestTag)
}

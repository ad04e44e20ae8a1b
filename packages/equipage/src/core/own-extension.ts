import { extname } from 'node:path'

/**
 * The ending of this package's own files: `.ts` in the repository, `.js` in the package that is
 * installed. For a file that is named by its path, and not imported.
 */
export const ownExtension = extname(import.meta.filename)

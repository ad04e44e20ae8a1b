import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a whole file, replacing one that is there; its folder is made if need be.
 * A reader sees the old text or the new, never a part; of several writers at the
 * same time, the last to finish wins. The text is on disk before it takes the name.
 * A process killed while writing leaves its unfinished file beside, named `.<name>.<uuid>.part`.
 */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  // A rename is atomic within one file system only, hence the same folder.
  const part = join(folder, `.${basename(path)}.${randomUUID()}.part`)
  try {
    const file = await open(part, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

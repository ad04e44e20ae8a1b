import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { findApp } from '../../../src/cli/processes/find-app.ts'
import { plainApp, temporaryApp } from '../../support/temporary-app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const files = { 'app/index.ts': plainApp, 'app/jobs/keep.md': '', 'empty/package.json': '{}' }
const plain = (t: TestContext) => temporaryApp(t, { files })

describe('the application of a command', () => {
  it('is the one of the folder that is given, or of the file in it', async t => {
    const folder = plain(t)
    assert.equal((await findApp(folder)).basePath, folder)
    assert.equal((await findApp(join(folder, 'app', 'index.ts'))).basePath, folder)
  })

  it('may be plain JavaScript', async t => {
    const source = plainApp
      .replace('static override', 'static')
      .replace('basePath?: string', 'basePath')
    const folder = temporaryApp(t, { files: { 'app/index.js': source } })
    assert.equal((await findApp(folder)).basePath, folder)
  })

  it('is not there where there is no app/index.ts, and the message says where it was looked for', async t => {
    const folder = plain(t)
    for (const where of [
      join(folder, 'empty'),
      join(folder, 'nowhere'),
      join(folder, 'app', 'none.ts'),
      temporaryFolder(t),
    ]) {
      await assert.rejects(findApp(where), {
        code: 'E_NO_APP',
        message: `no application at ${where}; it is the file app/index.ts beside a package.json, and it exports createApp`,
      })
    }
  })

  it('is none that exports no createApp', async t => {
    const folder = temporaryApp(t, { files: { 'app/index.ts': 'export const createApp = 1' } })
    await assert.rejects(findApp(folder), { code: 'E_NO_APP' })
  })

  it('is loaded with the fault that it has itself', async t => {
    const folder = temporaryApp(t, { files: { 'app/index.ts': 'throw new Error("out of order")' } })
    await assert.rejects(findApp(folder), /out of order/)
  })
})

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
        message: new RegExp(
          `^no application at ${where}; it is the file app/index.ts beside a package.json, or `,
        ),
      })
    }
  })

  for (const source of [
    'export const createApp = 1',
    'export class App {}',
    'export const App = { prototype: null }',
    'export default 1',
  ]) {
    it(`is none that says no more than ${source}`, async t => {
      const folder = temporaryApp(t, { files: { 'app/index.ts': source } })
      await assert.rejects(findApp(folder), {
        code: 'E_NO_APP',
        message: /exports createApp, or a class App that extends Equipage$/,
      })
    })
  }

  it('may be a class alone', async t => {
    const source = `import { Equipage } from 'equipage'\nexport class App extends Equipage {}`
    const folder = temporaryApp(t, { files: { 'app/index.ts': source } })
    const app = await findApp(folder)
    assert.deepEqual([app.constructor.name, app.basePath], ['App', folder])
  })

  it('is that of the file which the package.json names, also before an app/index.ts', async t => {
    const folder = temporaryApp(t, {
      files: {
        'package.json': '{ "type": "module", "equipage": { "app": "./src/background.ts" } }',
        'src/background.ts': `import { Equipage } from 'equipage'\nexport class App extends Equipage {}`,
        'app/index.ts': 'throw new Error("loaded")',
      },
    })
    for (const given of [folder, join(folder, 'src'), join(folder, 'src', 'background.ts')])
      assert.equal((await findApp(given)).basePath, folder)
    assert.equal((await findApp(folder, join(folder, 'src'))).basePath, join(folder, 'src'))
  })

  it('is not there where the package.json names a file that is not', async t => {
    const manifest = '{ "type": "module", "equipage": { "app": "nowhere.ts" } }'
    const folder = temporaryApp(t, {
      files: { 'package.json': manifest, 'app/index.ts': plainApp },
    })
    await assert.rejects(findApp(folder), {
      code: 'E_NO_APP',
      message: new RegExp(`^no application at ${join(folder, 'nowhere.ts')};`),
    })
  })

  it('is not looked for by a package.json that cannot be read', async t => {
    const folder = temporaryApp(t, { files: { 'package.json': '{', 'app/index.ts': plainApp } })
    await assert.rejects(findApp(folder), {
      code: 'E_APP_FILE',
      message: new RegExp(`^${join(folder, 'package.json')} cannot be loaded: .*JSON`),
    })
  })

  it('is loaded with the fault that it has itself', async t => {
    const folder = temporaryApp(t, { files: { 'app/index.ts': 'throw new Error("out of order")' } })
    await assert.rejects(findApp(folder), /out of order/)
  })
})

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWholeFile } from '../../app/flights/write-file.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

test('the folder is made, and a file that is there is replaced', async t => {
  const path = join(await temporaryFolder(t), 'a/b/report.csv')
  await writeWholeFile(path, 'a longer text than the next one')
  await writeWholeFile(path, 'short')
  assert.equal(await readFile(path, 'utf8'), 'short')
})

test('with two writers at once a reader sees one whole text or the other, and nothing is left beside', async t => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'report.svg')
  const texts = ['a'.repeat(3_000_000), 'b'.repeat(2_000_000)]
  await writeWholeFile(path, 'c'.repeat(1_000_000))

  let writing = true
  const writers = texts.map(async text => {
    for (let i = 0; i < 10; i++) await writeWholeFile(path, text)
  })
  const seen = new Set<string>()
  const reader = async () => {
    while (writing) {
      const text = await readFile(path, 'utf8')
      assert.equal(text, text.charAt(0).repeat(text.length))
      seen.add(`${text.charAt(0)} ${text.length}`)
    }
  }
  const reading = reader()
  await Promise.all(writers)
  writing = false
  await reading

  const whole = ['a 3000000', 'b 2000000', 'c 1000000']
  assert.deepEqual(
    [...seen].filter(text => !whole.includes(text)),
    [],
  )
  assert.deepEqual(await readdir(folder), ['report.svg'])
})

test('a write that fails leaves the old file, and nothing beside it', async t => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'report.csv')
  await mkdir(join(path, 'is a folder'), { recursive: true })
  await assert.rejects(writeWholeFile(path, 'text'), { syscall: 'rename' })
  assert.deepEqual(await readdir(folder), ['report.csv'])
  assert.deepEqual(await readdir(path), ['is a folder'])
})

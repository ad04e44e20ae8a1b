import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Every } from '../../../src/schedule/writing/every.ts'
import { LaravelRepeats } from '../../../src/schedule/writing/laravel-repeats.ts'
import { LaravelWords } from '../../../src/schedule/writing/laravel-words.ts'
import { examplesOf, toldUnder } from '../support/guide.ts'

const guide = readFileSync(
  new URL('../../../../../docs/guides/schedules.md', import.meta.url),
  'utf8',
)
const examples = examplesOf(guide)

describe('docs/guides/schedules.md', () => {
  for (const { example, told } of examples)
    it(`tells the sentence and the ticks of ${example}`, () =>
      assert.deepEqual(told, toldUnder(example)))

  it("has an example of every one of Laravel's words", () => {
    for (const { prototype } of [LaravelRepeats, LaravelWords])
      for (const word of Object.getOwnPropertyNames(prototype))
        if (word !== 'constructor') assert.match(guide, new RegExp(`schedule\\.${word}\\(`), word)
  })

  it('has an example of every unit, in the singular or the plural', () => {
    const days = /^(mon|tues|wednes|thurs|fri|satur|sun)day$/
    for (const unit of Object.getOwnPropertyNames(Every.prototype))
      if (unit !== 'constructor' && !days.test(unit))
        assert.match(guide, new RegExp(`\\.${unit.replace(/s$/, '')}s?\\b|\\.${unit}\\(`), unit)
  })
})

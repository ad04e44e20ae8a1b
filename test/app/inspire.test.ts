import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Inspire } from '../../app/inspire.ts'
import { inspiring } from '../../config/inspiring.ts'

/** Draws that are the same on every run, evenly spread. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}

test('a quote is never given twice in a row, and every one has its turn', () => {
  const quotes = ['one', 'two', 'three']
  const inspire = new Inspire(quotes, seeded(7))
  const given = Array.from({ length: 200 }, () => inspire.quote())
  for (const [index, quote] of given.entries()) assert.notEqual(quote, given[index - 1])
  assert.deepEqual(new Set(given), new Set(quotes))
})

test('the draw decides, at both of its ends', () => {
  assert.equal(new Inspire(['one', 'two', 'three'], () => 0).quote(), 'one')
  assert.equal(new Inspire(['one', 'two', 'three'], () => 1 - Number.EPSILON).quote(), 'three')
})

test('a single quote is given again and again, also when it stands in the list twice', () => {
  const inspire = new Inspire(['only', ' only '], () => 0.5)
  assert.deepEqual([inspire.quote(), inspire.quote()], ['only', 'only'])
})

test('without a quote it is refused with the file to write one in', () => {
  for (const quotes of [[], ['', '  ']]) {
    assert.throws(() => new Inspire(quotes, () => 0), /no quotes; .*config\/inspiring\.ts/)
  }
})

test('the quotes of the configuration are different ones, each with its author', () => {
  const { default: quotes } = inspiring.quotes
  assert.equal(new Set(quotes).size, quotes.length)
  for (const quote of quotes) assert.match(quote, /^[A-Z].+[.!?] \([A-Z][\w ]+\)$/)
})

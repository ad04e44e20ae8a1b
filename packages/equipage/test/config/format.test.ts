import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as format from '../../src/config/format.ts'

/** What each format makes of a variable's text; undefined means that it is refused. */
const readings: Record<string, [format.Format<unknown>, Record<string, unknown>]> = {
  'a switch': [
    format.bool(),
    {
      ...{ true: true, yes: true, on: true, '1': true, YES: true },
      ...{ false: false, no: false, off: false, '0': false, No: false },
      ...{ nope: undefined, '2': undefined, truthy: undefined, ' yes': undefined },
      ...{ toString: undefined, constructor: undefined },
    },
  ],
  'a whole number': [
    format.int(-5, 100),
    {
      ...{ '12': 12, '-5': -5, '100': 100, '007': 7 },
      ...{ '12abc': undefined, '101': undefined, '-6': undefined, '1.5': undefined },
      ...{
        '1e1': undefined,
        '0x10': undefined,
        ' 5': undefined,
        '+5': undefined,
        '5\n': undefined,
      },
    },
  ],
  'a port': [
    format.port(),
    { '1': 1, '65535': 65_535, '0': undefined, '65536': undefined, http: undefined },
  ],
  'one of several names': [
    format.oneOf('sync', 'redis'),
    { sync: 'sync', redis: 'redis', Redis: undefined, kafka: undefined },
  ],
  'names with commas': [
    format.csv(),
    { a: ['a'], 'a, b ,c': ['a', 'b', 'c'], 'a,,b': undefined, ',': undefined, 'a,': undefined },
  ],
  'a duration': [
    format.duration(),
    { '30s': '30s', '1h30m': '1h30m', '30': undefined, '-1s': undefined, soon: undefined },
  ],
  'an amount of data': [
    format.size(),
    { '10MB': '10MB', '500 kb': '500 kb', '0MB': undefined, '10': undefined, '10TB': undefined },
  ],
  'a time zone': [
    format.zone(),
    { 'Europe/Madrid': 'Europe/Madrid', UTC: 'UTC', 'Europe/Madird': undefined, CEST: undefined },
  ],
  'a duration with a least one': [
    format.duration('1s'),
    { '1s': '1s', '2m': '2m', '999ms': undefined, '0s': undefined },
  ],
  'an address': [
    format.url('redis', 'rediss'),
    {
      'redis://host:6379/0': 'redis://host:6379/0',
      'rediss://user:pass@host': 'rediss://user:pass@host',
      ...{ 'http://host': undefined, 'redis:host': undefined, host: undefined },
      ...{ 'redis://host:port': undefined, '//host': undefined },
    },
  ],
  'hosts with ports': [
    format.addresses(),
    {
      'one:26379': ['one:26379'],
      'one:1, 10.0.0.2:65535 ,[::1]:3': ['one:1', '10.0.0.2:65535', '[::1]:3'],
      ...{ one: undefined, 'one:': undefined, ':26379': undefined, 'one:26379,': undefined },
      ...{ 'one:0': undefined, 'one:65536': undefined, 'one:port': undefined },
      ...{ '::1:26379': undefined, 'redis://one:26379': undefined, 'user@one:26379': undefined },
      ...{ 'one:26379/0': undefined, 'o ne:26379': undefined },
    },
  ],
}

for (const [kind, [read, texts]] of Object.entries(readings)) {
  describe(`${kind} in a variable`, () => {
    for (const [text, value] of Object.entries(texts)) {
      const answer = value === undefined ? 'refused' : `read as ${JSON.stringify(value)}`
      it(`is ${answer} when it says ${JSON.stringify(text)}`, () =>
        assert.deepEqual(read.parse(text), value))
    }

    it('says what is allowed', () =>
      assert.match(read.expected, /^(a|an|one|true|names|addresses) ?\S/))
  })
}

describe('a format', () => {
  it('throws what is allowed when a default is not, as convict asks for', () => {
    const check: format.Format<number> = format.int(1, 9)
    assert.doesNotThrow(() => check(9))
    for (const wrong of [0, 10, 1.5, '5', Number.NaN, null]) {
      assert.throws(() => check(wrong), /^TypeError: expected a whole number from 1 to 9$/)
    }
  })

  it('takes no default of another type than its values have', () => {
    const wrong: [format.Format<unknown>, unknown][] = [
      [format.text(), 7],
      [format.bool(), 'yes'],
      [format.csv(), 'a,b'],
      [format.csv(), ['a', '']],
      [format.csv(), ['a', 7]],
      [format.duration(), 30],
      [format.duration('1s'), '10ms'],
      [format.size(), 10_000_000],
      [format.zone(), undefined],
      [format.url('redis'), 7],
      [format.addresses(), 'one:26379'],
      [format.addresses(), []],
    ]
    for (const [check, value] of wrong) {
      const checked: (value: unknown) => void = check
      assert.throws(() => checked(value), TypeError)
    }
  })

  it('reads every whole number in its range back from its text, and no other', () => {
    const { parse } = format.int(-1_000, 1_000)
    fc.assert(
      fc.property(fc.integer({ min: -3_000, max: 3_000 }), number => {
        assert.equal(parse(String(number)), Math.abs(number) <= 1_000 ? number : undefined)
      }),
    )
  })
})

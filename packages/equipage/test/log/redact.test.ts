import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redacted } from '../../src/log/index.ts'

describe('redacted fields', () => {
  it('hide what a log line hides: secrets down to two levels, and the configured paths', () => {
    const payload = { user: 'ada', token: 'x', card: { iban: 'y', password: 'z' }, list: [1, null] }
    assert.deepEqual(redacted({ payload, err: null }, ['*.card.iban']), {
      payload: {
        user: 'ada',
        token: '[hidden]',
        card: { iban: '[hidden]', password: '[hidden]' },
        list: [1, null],
      },
      err: null,
    })
    assert.equal(payload.token, 'x')
  })

  it('take any payload that JSON has; a __proto__ in it does no harm', () => {
    for (const payload of [null, 7, 'text', [], { list: [{}] }]) {
      assert.deepEqual(redacted({ payload }, []), { payload })
    }
    const payload = JSON.parse('{"__proto__": {"polluted": true}, "b": 2}')
    const shown = redacted({ payload }, []).payload as { b: number; polluted?: boolean }
    assert.deepEqual([shown.b, shown.polluted], [2, undefined])
    assert.equal(({} as { polluted?: true }).polluted, undefined)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type PayloadSchema, payloadData, readPayload } from '../../../src/job/pushing/payload.ts'

const owner = (schema?: PayloadSchema) => ({ name: 'report', schema })
const report = owner(
  z.object({
    id: z.number().int(),
    rows: z.array(z.object({ name: z.string() })).default([]),
    on: z.coerce.date().optional(),
  }),
)

describe('the payload of a push', () => {
  it('is carried as it was given, and read by the schema when the job runs', async () => {
    const data = await payloadData(report, { id: 7, on: new Date('2026-11-21T00:00:00Z') })
    assert.deepEqual(data, { id: 7, on: '2026-11-21T00:00:00.000Z' })
    const payload = await readPayload(report, data)
    assert.deepEqual(payload, { id: 7, rows: [], on: new Date('2026-11-21T00:00:00Z') })
  })

  it('may take as many bytes of JSON as its limit says, and no more', async () => {
    // {"text":""} and two bytes for each à.
    const large = owner(z.object({ text: z.string() }))
    assert.deepEqual(await payloadData(large, { text: 'àà' }, 15), { text: 'àà' })
    await assert.rejects(async () => payloadData(large, { text: 'ààa' }, 15), {
      code: 'E_PAYLOAD_SIZE',
      message: /payload of job "report" takes 16 bytes as JSON, and 15 are allowed/,
    })
  })

  it('has no key __proto__, neither when it is pushed nor when somebody else wrote it', async () => {
    const any = owner(z.any())
    for (const text of [
      '{"__proto__":1}',
      '[{"a":[0,{"__proto__":{}}]}]',
      '{"a":{"__proto__":2}}',
    ]) {
      const refusal = { code: 'E_BAD_PAYLOAD', message: /__proto__: a key that code could take/ }
      await assert.rejects(async () => payloadData(any, JSON.parse(text)), refusal)
      await assert.rejects(async () => readPayload(any, JSON.parse(text)), refusal)
    }
    assert.deepEqual(await payloadData(any, { proto: { prototype: 1, constructor: 2 } }), {
      proto: { prototype: 1, constructor: 2 },
    })
  })

  it('may be left out when every field has a default, and when the job takes none', async () => {
    const defaults = owner(z.object({ limit: z.number().default(10) }))
    assert.deepEqual(await payloadData(defaults, undefined), {})
    assert.deepEqual(await readPayload(defaults, {}), { limit: 10 })
    for (const nothing of [undefined, null, {}]) {
      assert.deepEqual(await payloadData(owner(), nothing), {})
    }
  })

  it('is read by any validator that keeps to Standard Schema, also one that takes its time', async () => {
    const schema: PayloadSchema = {
      '~standard': {
        version: 1,
        vendor: 'own',
        validate: async value =>
          value === 'right' ? { value: 'read' } : { issues: [{ message: 'is wrong' }] },
      },
    }
    assert.equal(await readPayload(owner(schema), 'right'), 'read')
    await assert.rejects(async () => readPayload(owner(schema), 'left'), {
      code: 'E_BAD_PAYLOAD',
      message: /does not accept its payload: payload: is wrong;/,
    })
  })
})

describe('a payload of the wrong shape', () => {
  it('is refused with the job, every field that is wrong and what to do', async () => {
    const payload = { id: '7', rows: [{ name: 'a' }, { name: 2 }] }
    await assert.rejects(async () => payloadData(report, payload), {
      code: 'E_BAD_PAYLOAD',
      message:
        /^job "report" does not accept its payload: payload\.id: .*number.*; payload\.rows\.1\.name: .*string.*; fix the push, or the job's schema$/,
    })
  })

  it('is refused when it is missing, or not even an object', async () => {
    for (const payload of [undefined, null, 'text', 7, []])
      await assert.rejects(async () => payloadData(report, payload), { code: 'E_BAD_PAYLOAD' })
  })

  it('is any payload at all of a job that takes none', async () => {
    for (const payload of [{ id: 7 }, 'text', 7, false, ['x']]) {
      await assert.rejects(async () => payloadData(owner(), payload), {
        code: 'E_BAD_PAYLOAD',
        message: /it takes none, because its definition has no `payload` schema/,
      })
    }
  })

  it('is one that is not JSON, before any schema sees it', async () => {
    const anything = owner(z.any())
    await assert.rejects(async () => payloadData(anything, { done: () => 1 }), {
      code: 'E_NOT_JSON',
      message: /^payload of job "report" is not JSON at done: a function;/,
    })
    await assert.rejects(async () => payloadData(anything, { id: 7n }), { code: 'E_NOT_JSON' })
  })
})

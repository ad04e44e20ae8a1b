import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openDatabase } from '../../../src/database/index.ts'
import { migrations } from './migrations.ts'

/** One of several processes that migrate the same database at the same moment. */
assert.ok(process.send, 'this is started with fork()')
const database = openDatabase(JSON.parse(process.argv[2] ?? ''))
process.send('ready')
await once(process, 'message')
await database.migrate('app', migrations)
await database.close()
process.disconnect?.()

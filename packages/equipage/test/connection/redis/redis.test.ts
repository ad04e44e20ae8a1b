import { after } from 'node:test'
import { startRedis } from '../../support/redis.ts'
import { conformance } from '../conformance/conformance.ts'
import { redisHarness } from '../conformance/harness.ts'

// A user with the rights that the guide on deployment asks for, and no more.
const login = { username: 'worker', password: 'secret' }
const rights = ['on', `>${login.password}`, '~{test-*', '+@all', '-@dangerous', '+info']
const server = await startRedis({ args: ['--user', login.username, ...rights] })
after(() => server.stop())

conformance('redis', redisHarness({ ...server, ...login }))

export { redisConnection } from './redis-connection.ts'

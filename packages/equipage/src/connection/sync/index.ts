export { syncConnection } from './sync-connection.ts'

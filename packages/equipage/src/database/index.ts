export { Database, type DatabaseSettings, type Migrations, openDatabase } from './database.ts'

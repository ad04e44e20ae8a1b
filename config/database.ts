import { frameworkConfig } from 'equipage/config'

/** The application's own database: DB_CONNECTION, DB_DATABASE, DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD. */
export const database = { ...frameworkConfig.database }

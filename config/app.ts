import { concerns } from 'equipage/config'

/** The environment and the name: APP_ENV, APP_NAME. */
export const app = { ...concerns.app }

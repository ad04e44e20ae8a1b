import { frameworkConfig } from 'equipage/config'

/** The environment and the name: APP_ENV, APP_NAME. */
export const app = { ...frameworkConfig.app }

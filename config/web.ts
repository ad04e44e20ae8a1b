import { frameworkConfig } from 'equipage/config'

/** Where the pages are served: WEB_HOST, WEB_PORT. */
export const web = { ...frameworkConfig.web }

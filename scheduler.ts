import { launch } from 'equipage/launch'

// Fires the schedules of app/scheduler.ts. One is enough, any number is safe.
await launch('scheduler', () => import('./app/index.ts'))

import { launch } from 'equipage/launch'

// Runs the jobs of the queues: node queues.ts --queue ingest,reports --concurrency 20
await launch('queues', () => import('./app/index.ts'))

import { defineConfig } from 'equipage/config'
import { app } from './app.ts'
import { database } from './database.ts'
import { inspiring } from './inspiring.ts'
import { log } from './log.ts'
import { queue } from './queue.ts'
import { scheduler } from './scheduler.ts'
import { web } from './web.ts'

/** Every setting of the application. The environment goes over `.env`, and `.env` over the defaults. */
export const config = defineConfig({ app, database, inspiring, log, queue, scheduler, web })

import { defineJob } from 'equipage'
import { z } from 'zod'
import type { Payload } from '../../../subject.ts'

/** Who is told of each job that runs. */
export const heard = { ran: (_payload: Payload): void => undefined }

export const noop = defineJob({
  name: 'noop',
  payload: z.object({ at: z.number() }),
  run: ({ payload }) => heard.ran(payload),
})

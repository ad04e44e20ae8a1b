import { defineJob } from 'equipage'
import { measured } from '../../../measured-process.ts'
import { preciseNow } from '../../../plan.ts'

/** Notes how long after its tick it was started. */
export const noted = defineJob({
  name: 'noted',
  run({ tick }) {
    if (tick) measured.push(preciseNow() - tick.scheduledFor.getTime())
  },
})

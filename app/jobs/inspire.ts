import { defineJob } from 'equipage'

/** Logs a quote: the smallest job there is. */
export const inspire = defineJob({
  name: 'inspire',
  run({ app, log }) {
    const quote = app.inspire.quote()
    log.info({ quote }, 'inspiring')
    return { quote }
  },
})

import { systemClock } from '../../../src/core/clock.ts'
import { openLog } from '../../../src/log/index.ts'

/** Logs as many lines as it is told, and ends right after the last one, in the way it is told. */
const { settings, lines, end } = JSON.parse(process.argv[2] ?? '')
const { logger, close } = openLog(settings, systemClock)
for (let line = 1; line <= lines; line++) logger.info({ line, filling: 'x'.repeat(200) }, 'said')
if (end === 'close') close()
else if (end === 'exit') process.exit(3)
else process.kill(process.pid, end)

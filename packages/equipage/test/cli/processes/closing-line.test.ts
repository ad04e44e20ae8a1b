import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { closingLine, type Totals } from '../../../src/cli/processes/closing-line.ts'

describe('the last line of a process', () => {
  const line = (totals: Totals) => closingLine('queues', totals)

  it('says what the process does, and nothing of what it does not', () => {
    assert.equal(line({ attemptsEnded: 12 }), 'queues stopped: 12 attempts run')
    assert.equal(closingLine('scheduler', { ticksFired: 7 }), 'scheduler stopped: 7 ticks fired')
    assert.equal(
      closingLine('scheduler', { ticksFired: 7, attemptsEnded: 15 }),
      'scheduler stopped: 7 ticks fired, 15 attempts run',
    )
  })

  it('counts nothing, and one, as a person would', () => {
    assert.equal(
      line({ ticksFired: 0, attemptsEnded: 0 }),
      'queues stopped: 0 ticks fired, 0 attempts run',
    )
    assert.equal(
      line({ ticksFired: 1, attemptsEnded: 1 }),
      'queues stopped: 1 tick fired, 1 attempt run',
    )
  })

  it('says that there may have been more when processes exited without a report', () => {
    const totals = { attemptsEnded: 12, processesUnreported: 2 }
    assert.equal(line(totals), 'queues stopped: at least 12 attempts run')
  })
})

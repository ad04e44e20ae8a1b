import type { TickMetadata } from '../../src/job/index.ts'

/** The stamp of an hour's tick, on time; changed as the test says. */
export function tickMetadata(fields: Partial<TickMetadata> = {}): TickMetadata {
  return {
    schedule: 'hourly',
    scheduledFor: '2026-11-21T10:00:00.000Z',
    previous: '2026-11-21T09:00:00.000Z',
    lagMs: 0,
    misfire: false,
    ...fields,
  }
}

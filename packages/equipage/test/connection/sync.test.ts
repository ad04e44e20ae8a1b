import { syncHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { tickConformance } from './tick-conformance.ts'

jobConformance('sync', syncHarness)
tickConformance('sync', syncHarness)

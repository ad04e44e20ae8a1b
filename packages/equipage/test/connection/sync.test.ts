import { consumerConformance } from './consumer-conformance.ts'
import { syncHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { tickConformance } from './tick-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

jobConformance('sync', syncHarness)
consumerConformance('sync', syncHarness)
tickConformance('sync', syncHarness)
workerBoardConformance('sync', syncHarness)

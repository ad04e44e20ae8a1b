import { memoryHarness } from './harness.ts'
import { tickConformance } from './tick-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

tickConformance('memory', memoryHarness)
workerBoardConformance('memory', memoryHarness)

import { groupsConformance } from './groups-conformance.ts'
import { memoryHarness } from './harness.ts'
import { tickConformance } from './tick-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

groupsConformance('memory', memoryHarness)
tickConformance('memory', memoryHarness)
workerBoardConformance('memory', memoryHarness)

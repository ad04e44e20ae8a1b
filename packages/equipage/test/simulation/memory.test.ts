import { groupsConformance } from '../connection/conformance/groups-conformance.ts'
import { memoryHarness } from '../connection/conformance/harness.ts'
import { tickConformance } from '../connection/conformance/tick-conformance.ts'
import { workerBoardConformance } from '../connection/conformance/worker-board-conformance.ts'

groupsConformance('memory', memoryHarness)
tickConformance('memory', memoryHarness)
workerBoardConformance('memory', memoryHarness)

import { groupsConformance } from '../connection/conformance/groups-conformance.ts'
import { memoryHarness } from '../connection/conformance/harness.ts'
import { tickConformance } from '../connection/conformance/tick-conformance.ts'
import { workerRegistryConformance } from '../connection/conformance/worker-registry-conformance.ts'

groupsConformance('memory', memoryHarness)
tickConformance('memory', memoryHarness)
workerRegistryConformance('memory', memoryHarness)

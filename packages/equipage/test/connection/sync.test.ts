import { attemptConformance } from './attempt-conformance.ts'
import { careConformance } from './care-conformance.ts'
import { consumerConformance } from './consumer-conformance.ts'
import { eventConformance } from './event-conformance.ts'
import { syncHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { limitsConformance } from './limits-conformance.ts'
import { tagsConformance } from './tags-conformance.ts'
import { thinningConformance } from './thinning-conformance.ts'
import { tickConformance } from './tick-conformance.ts'
import { uniqueConformance } from './unique-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

attemptConformance('sync', syncHarness)
eventConformance('sync', syncHarness)
careConformance('sync', syncHarness)
jobConformance('sync', syncHarness)
consumerConformance('sync', syncHarness)
limitsConformance('sync', syncHarness)
tagsConformance('sync', syncHarness)
thinningConformance('sync', syncHarness)
tickConformance('sync', syncHarness)
uniqueConformance('sync', syncHarness)
workerBoardConformance('sync', syncHarness)

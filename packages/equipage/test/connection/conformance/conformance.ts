import { adminConformance } from './admin-conformance.ts'
import { attemptConformance } from './attempt-conformance.ts'
import { chainConformance } from './chain-conformance.ts'
import { consumerConformance } from './consumer-conformance.ts'
import { eventConformance } from './event-conformance.ts'
import { groupsConformance } from './groups-conformance.ts'
import type { MakeHarness } from './harness.ts'
import { isolatedConformance } from './isolated-conformance.ts'
import { jobConformance } from './job-conformance.ts'
import { keepConformance } from './keep-conformance.ts'
import { limitsConformance } from './limits-conformance.ts'
import { tagsConformance } from './tags-conformance.ts'
import { thinningConformance } from './thinning-conformance.ts'
import { tickConformance } from './tick-conformance.ts'
import { uniqueConformance } from './unique-conformance.ts'
import { workerRegistryConformance } from './worker-registry-conformance.ts'

/** All that every connection holds; the same code runs on each. */
export function conformance(name: string, make: MakeHarness): void {
  attemptConformance(name, make)
  eventConformance(name, make)
  adminConformance(name, make)
  groupsConformance(name, make)
  isolatedConformance(name, make)
  jobConformance(name, make)
  chainConformance(name, make)
  consumerConformance(name, make)
  keepConformance(name, make)
  limitsConformance(name, make)
  tagsConformance(name, make)
  thinningConformance(name, make)
  tickConformance(name, make)
  uniqueConformance(name, make)
  workerRegistryConformance(name, make)
}

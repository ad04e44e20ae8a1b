import { suite } from 'node:test'
import { claimConformance } from './claim-conformance.ts'
import { deploymentConformance } from './deployment-conformance.ts'
import { functionConformance } from './function-conformance.ts'
import { guardedTickConformance } from './guarded-tick-conformance.ts'
import type { MakeHarness } from './harness.ts'
import { ledgerConformance } from './ledger-conformance.ts'
import { overlapConformance } from './overlap-conformance.ts'
import { pauseConformance } from './pause-conformance.ts'

/** What every connection holds about ticks; the same code runs on each. */
export function tickConformance(name: string, make: MakeHarness): void {
  suite(`ticks over ${name}`, { concurrency: true }, () => {
    claimConformance(make)
    overlapConformance(make)
    functionConformance(make)
    guardedTickConformance(make)
    pauseConformance(make)
    deploymentConformance(make)
    ledgerConformance(make)
  })
}

import { conformance } from './conformance.ts'
import { syncHarness } from './harness.ts'

conformance('sync', syncHarness)

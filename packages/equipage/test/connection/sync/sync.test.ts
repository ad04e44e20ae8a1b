import { conformance } from '../conformance/conformance.ts'
import { syncHarness } from '../conformance/harness.ts'

conformance('sync', syncHarness)

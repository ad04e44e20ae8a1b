import { memoryHarness } from './harness.ts'
import { tickConformance } from './tick-conformance.ts'

tickConformance('memory', memoryHarness)

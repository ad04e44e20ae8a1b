import { EquipageError } from '../core/index.ts'
import type { Runtime } from './runtime.ts'

/** A symbol, because every name belongs to the applications that extend `Equipage`. */
export const runtimeKey: unique symbol = Symbol('runtime')

/**
 * What runs an application: its workers, its scheduler, its connection. For programs that run jobs
 * in a process of their own making, and for tests.
 * @throws E_NOT_AN_APP
 */
export function runtimeOf(app: { readonly [runtimeKey]: Runtime }): Runtime {
  const runtime: Runtime | undefined = app?.[runtimeKey]
  if (runtime === undefined) throw new EquipageError('E_NOT_AN_APP', { given: app })
  return runtime
}

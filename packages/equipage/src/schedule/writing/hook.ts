import type { Reason } from '../../connection/index.ts'
import type { RunOutcome } from '../../job/index.ts'
import type { TickContext } from './action.ts'

/**
 * Why a tick was skipped: the run before it was unfinished, a condition, the environment, a pause, or its
 * job was refused, because one of the same key was in its way.
 */
export type SkipReason = Exclude<Reason, 'error' | 'interrupted' | 'queued'>

/** What is called beside the runs of a schedule; when, says `kind`. */
export type Hook<App = unknown> =
  | { readonly kind: 'before'; readonly call: BeforeHook<App> }
  | { readonly kind: 'after' | 'onSuccess' | 'onFailure'; readonly call: EndHook<App> }
  | { readonly kind: 'onSkip'; readonly call: SkipHook<App> }
  | Ping

export type BeforeHook<App> = (tick: TickContext<App>) => unknown
export type EndHook<App> = (tick: TickContext<App>, outcome: RunOutcome) => unknown
export type SkipHook<App> = (tick: TickContext<App>, reason: SkipReason) => unknown

/** An address that is told of a run by a GET request. */
export interface Ping {
  readonly kind: 'pingBefore' | 'thenPing' | 'pingOnFailure'
  readonly url: string
}

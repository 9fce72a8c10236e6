/**
 * What an evaluator's thread and its host say to each other.
 *
 * 1. Messages travel on one port. A counter in shared memory goes up with each, in either direction: whoever waits, waits for that.
 * 2. The host asks for one evaluation at a time; while it is under way the thread may ask for what it lacks.
 * 3. `BEAT` is odd while a piece of the logic runs: one number for ever means a piece without an end.
 *
 * @module
 */
import type { ErrorRecord } from '../model/errors.ts';
import type { HistoryEvent } from '../model/history.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { StoredValue } from '../model/value.ts';
import type { EvaluationRequest, LogicAnswer } from '../ports/evaluator.ts';
import type { EvaluatorOptions } from './evaluator.ts';

/** Places in the shared memory. */
export const TO_THREAD = 0;
export const TO_HOST = 1;
export const ACTIVITY = 2;
export const SLOTS = 3;

/** Milliseconds for which a thread that answered looks out for the next request before it sleeps: to wake it costs more than most evaluations. */
export const THREAD_SPIN_MS = 2;
/** The same for the host, while the thread evaluates; after that the host goes on with other work. */
export const HOST_SPIN_MS = 1;

export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort;
  readonly sharedMemory: SharedArrayBuffer;
  readonly settings: Omit<EvaluatorOptions, 'loadCode' | 'fetchValue' | 'watch'>;
}

/** Events that the thread need not ask for. */
export interface PrefetchedEvents {
  readonly from: number;
  readonly events: readonly HistoryEvent[];
}

export type ToThread =
  | ({
      readonly kind: 'evaluate' /** Known to the thread already, if absent. */;
      readonly info?: RunInfo;
      readonly run: RunId;
      readonly prefetched?: PrefetchedEvents;
    } & Omit<EvaluationRequest, 'info' | 'history'>)
  | { readonly kind: 'drop'; readonly run: RunId }
  | { readonly kind: 'reply'; readonly value: Reply }
  /** The host could not answer: the evaluation fails. */
  | { readonly kind: 'replyFailed' };

export type HostRequest =
  | { readonly kind: 'events'; readonly from: number }
  | { readonly kind: 'signatures'; readonly from: number }
  | { readonly kind: 'code' }
  | { readonly kind: 'value'; readonly value: StoredValue };

/** Pages of a history (empty: its end), the code's text, a value's bytes. */
export type Reply = readonly HistoryEvent[] | readonly string[] | string | Uint8Array;

export type ToHost =
  | { readonly kind: 'request'; readonly request: HostRequest }
  | { readonly kind: 'answer'; readonly answer: LogicAnswer }
  /** The evaluation failed for a reason that is not the logic's. `missing`: the object that is not in the store. */
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

/**
 * The messages between an evaluator's thread and its host.
 *
 * 1. Messages are sent on one port. Each message increments a counter in shared memory, one for
 *    each direction; a receiver waits for its counter to change.
 * 2. The host requests one evaluation at a time. During an evaluation, the thread may request
 *    missing data.
 * 3. `ACTIVITY` is odd while a piece of the logic runs. An odd value that does not change means
 *    that the piece does not return.
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

/**
 * Indexes of the shared memory: the two counters of messages, and the activity. `SLOTS` is their
 * number.
 */
export const TO_THREAD = 0;
export const TO_HOST = 1;
export const ACTIVITY = 2;
export const SLOTS = 3;

/**
 * How long a thread polls for the next request before it sleeps. Waking a sleeping thread costs
 * more than most evaluations.
 */
export const THREAD_SPIN_MS = 0.5;
/** How long the host polls for an answer before it continues with other work. */
export const HOST_SPIN_MS = 1;

export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort;
  readonly sharedMemory: SharedArrayBuffer;
  readonly settings: Omit<EvaluatorOptions, 'loadCode' | 'fetchValue' | 'watch'>;
  /** The most MiB that the logic of all runs may use in total. */
  readonly memoryMiB: number;
}

/** Events that are sent along, so that the thread need not request them. */
export interface PrefetchedEvents {
  readonly from: number;
  readonly events: readonly HistoryEvent[];
}

export type ToThread =
  | ({
      readonly kind: 'evaluate';
      /** Absent if the thread has it already. */
      readonly info?: RunInfo;
      readonly run: RunId;
      readonly prefetched?: PrefetchedEvents;
    } & Omit<EvaluationRequest, 'info' | 'history'>)
  | { readonly kind: 'drop'; readonly run: RunId }
  | { readonly kind: 'reply'; readonly value: Reply }
  /** The host could not reply, so the evaluation fails. */
  | { readonly kind: 'replyFailed' };

export type HostRequest =
  | { readonly kind: 'events'; readonly from: number }
  | { readonly kind: 'signatures'; readonly from: number }
  | { readonly kind: 'code' }
  | { readonly kind: 'value'; readonly value: StoredValue };

/** A page of a history (empty at its end), the text of the code, or the bytes of a value. */
export type Reply = readonly HistoryEvent[] | readonly string[] | string | Uint8Array;

export type ToHost =
  | { readonly kind: 'request'; readonly request: HostRequest }
  | { readonly kind: 'answer'; readonly answer: LogicAnswer }
  /** The evaluation failed for a reason outside the logic. */
  | { readonly kind: 'failed'; readonly error: ErrorRecord };

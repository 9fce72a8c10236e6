/**
 * The history of a run: the events that its logic observes, and the commands that it issues, each
 * in one order.
 *
 * 1. Events are numbered from 0 without gaps; so are commands.
 * 2. The time of an event (`at`) is never before the time of the previous event.
 * 3. The logic is a function of the events: fed the same events one at a time, it issues the same
 *    commands in any process.
 * 4. The signature of a command is recorded when the controller accepts it. A replay that issues
 *    another command in its place has diverged.
 *
 * @module
 */
import type { ErrorRecord } from './errors.ts';
import type { ComponentDeclaration } from './options.ts';
import type { StepStatus } from './step.ts';
import type { Arguments, InlineValue, Value } from './value.ts';

/**
 * Changes of the replay's behaviour that apply to a run. A run continues with the flags with which
 * it started.
 */
export interface ReplayFlags {
  readonly sdk: string;
  readonly flags: readonly string[];
}

/** The read-only view of a step that a callback receives. */
export interface CallbackNode {
  readonly name: string;
  readonly component: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly parents: readonly string[];
  readonly executionQueue: string;
  readonly artifacts: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly preview: string;
  }[];
  readonly models: readonly { readonly name: string; readonly size: number }[];
  /** The error of the last attempt, if it failed. */
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly code?: string | number;
  };
}

/** The arguments of a callback, in addition to `pipeline` and `node`. */
export type CallbackInput =
  | {
      readonly kind: 'preExecute';
      /** Lazies and artifacts appear as references. */
      readonly args: Arguments;
    }
  | { readonly kind: 'postExecute' }
  | { readonly kind: 'statusChange'; readonly previousStatus: StepStatus }
  /** `retries` is the number of retries so far. */
  | { readonly kind: 'retry'; readonly retries: number };

/** `at`: milliseconds since the epoch. */
export type HistoryEvent = { readonly at: number } & (
  | {
      readonly kind: 'completed';
      readonly call: number;
      /** One for each name in `returnValues`. */
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'failed';
      readonly call: number;
      readonly step: string;
      readonly error: ErrorRecord;
      readonly attempts: number;
    }
  /**
   * `cause` is the failed or aborted step that it depends on; `null` if its pre-execute callback
   * returned false.
   */
  | {
      readonly kind: 'skipped';
      readonly call: number;
      readonly step: string;
      readonly cause: string | null;
    }
  | { readonly kind: 'aborted'; readonly call: number; readonly step: string }
  /** `sleep` is the number of the sleep, from 0. */
  | { readonly kind: 'sleepEnded'; readonly sleep: number }
  /** A signal was received. `value` is JSON. */
  | { readonly kind: 'signal'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'callback';
      readonly call: number;
      readonly component: string;
      readonly node: CallbackNode;
      readonly input: CallbackInput;
    }
);

/** The outcome of a callback. `error` is the error that it threw; it is logged and never fatal. */
export type CallbackOutcome = { readonly error?: ErrorRecord } & (
  | {
      readonly kind: 'preExecute';
      readonly launch: boolean;
      /** The arguments, if the callback changed them. */
      readonly args?: Arguments;
    }
  | { readonly kind: 'postExecute' }
  | { readonly kind: 'statusChange' }
  | { readonly kind: 'retry'; readonly retry: boolean }
);

export type Command =
  /** Precedes the first call of the component that it declares. */
  | { readonly kind: 'declare'; readonly component: ComponentDeclaration }
  /**
   * The n-th `call` command is call n. `component` is the declared name. `digest` identifies the
   * component and its arguments without positions: a Lazy counts as the digest and occurrence of
   * its call, so that equal work has an equal digest at any position. `awaited`: a handler was
   * attached at once; if one is attached later, an `await` command follows, unless the call has
   * completed.
   */
  | {
      readonly kind: 'call';
      readonly component: string;
      readonly args: Arguments;
      readonly digest: string;
      readonly awaited: boolean;
    }
  | { readonly kind: 'await'; readonly call: number }
  /**
   * The failure of call `call`, which the logic awaited, rejected a promise that has no handler:
   * it is not handled.
   */
  | { readonly kind: 'unhandled'; readonly call: number }
  /** The n-th `sleep` command is sleep n. */
  | { readonly kind: 'sleep'; readonly durationMs: number }
  /**
   * Stops the step of call `call`, unless it is complete. Its completion is then `aborted`.
   */
  | { readonly kind: 'cancel'; readonly call: number }
  /** `position`: the number of events that the logic has observed (see `signals.ts`). */
  | { readonly kind: 'waitForSignal'; readonly name: string; readonly position: number }
  /** The outcome of event number `event`, a callback. */
  | { readonly kind: 'outcome'; readonly event: number; readonly outcome: CallbackOutcome }
  | { readonly kind: 'addTags'; readonly tags: readonly string[] }
  | { readonly kind: 'abort'; readonly reason: string }
  | {
      readonly kind: 'artifact';
      readonly name: string;
      readonly value: InlineValue;
      readonly metadata?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
    }
  | {
      readonly kind: 'point';
      readonly title: string;
      readonly series: string;
      readonly value: number;
      readonly iteration: number;
    }
  /**
   * The function returned, and every Lazy in its result has its value. Callbacks may still follow.
   */
  | { readonly kind: 'returned'; readonly value: InlineValue }
  /**
   * The function threw, or a promise without a handler was rejected. In the second case, `returned`
   * may precede.
   */
  | { readonly kind: 'threw'; readonly error: ErrorRecord };

export type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;
export type EventOf<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;

export type CompletionEvent = EventOf<'completed' | 'failed' | 'skipped' | 'aborted'>;

/** Whether the event records the completion of a step. Each complete step has one such event. */
export const isCompletionEvent = (event: HistoryEvent): event is CompletionEvent =>
  event.kind === 'completed' ||
  event.kind === 'failed' ||
  event.kind === 'skipped' ||
  event.kind === 'aborted';

/** A command with its signature, the short text with which a replay is compared. */
export interface SignedCommand {
  readonly command: Command;
  readonly signature: string;
}

/**
 * The history of a run: all that its logic can observe (events), in one order, and all that its logic asked for (commands), in one order.
 *
 * 1. Events are numbered from 0 without a gap; so are commands.
 * 2. An event's time (`at`) is never before that of the event before it.
 * 3. The logic is a function of the events: fed the same events one at a time it issues the same commands, whatever the process it runs in.
 * 4. A command's signature is on record once the controller accepted it; a replay that issues another in its place has diverged.
 *
 * @module
 */
import type { ErrorRecord } from './errors.ts';
import type { ComponentDeclaration } from './options.ts';
import type { StepStatus } from './step.ts';
import type { Arguments, InlineValue, Value } from './value.ts';

/** Raised when the meaning of a history or the behaviour of a replay changes; a run goes on under the flags that it began with. */
export interface ReplayFlags {
  readonly sdk: string;
  readonly flags: readonly string[];
}

/** What a callback sees of its step. Read-only. */
export interface NodeView {
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
}

/** What a callback is called with, beside `pipeline` and `node`. */
export type CallbackInput =
  | {
      readonly kind: 'preExecute' /** Lazies and artifacts appear as references. */;
      readonly args: Arguments;
    }
  | { readonly kind: 'postExecute' }
  | { readonly kind: 'statusChange'; readonly previousStatus: StepStatus }
  | { readonly kind: 'retry' /** Retries so far, from 0. */; readonly retries: number };

export type HistoryEvent = { /** Milliseconds since the epoch. */ readonly at: number } & (
  | {
      readonly kind: 'completed';
      readonly call: number /** One for each name in `returnValues`. */;
      readonly values: readonly Value[];
    }
  | {
      readonly kind: 'failed';
      readonly call: number;
      readonly step: string;
      readonly error: ErrorRecord;
      readonly attempts: number;
    }
  /** `cause` is the failed or aborted step that it depended on; `null`: a pre-execute callback said so. */
  | {
      readonly kind: 'skipped';
      readonly call: number;
      readonly step: string;
      readonly cause: string | null;
    }
  | { readonly kind: 'aborted'; readonly call: number; readonly step: string }
  /** `sleep` counts the sleeps of the logic from 0. */
  | { readonly kind: 'sleepEnded'; readonly sleep: number }
  | {
      readonly kind: 'callback';
      readonly call: number;
      readonly component: string;
      readonly node: NodeView;
      readonly input: CallbackInput;
    }
);

/** What a callback answered. `error` is what it threw: logged, never fatal. */
export type CallbackOutcome = { readonly error?: ErrorRecord } & (
  | {
      readonly kind: 'preExecute';
      readonly launch: boolean /** The arguments, if it changed them. */;
      readonly args?: Arguments;
    }
  | { readonly kind: 'postExecute' }
  | { readonly kind: 'statusChange' }
  | { readonly kind: 'retry'; readonly retry: boolean }
);

export type Command =
  /** Always before the first call of the component that it declares. */
  | { readonly kind: 'declare'; readonly component: ComponentDeclaration }
  /**
   * The n-th `call` command is call n. `component` is the declared name. `digest` identifies component and arguments without positions: a Lazy counts
   * as the digest and occurrence of its call, so that equal work has an equal digest wherever it stands.
   * `awaited`: a handler was attached before anything else happened; else an `await` command follows when one is, unless the call has completed by then.
   */
  | {
      readonly kind: 'call';
      readonly component: string;
      readonly args: Arguments;
      readonly digest: string;
      readonly awaited: boolean;
    }
  | { readonly kind: 'await'; readonly call: number }
  /** The n-th `sleep` command is sleep n. */
  | { readonly kind: 'sleep'; readonly durationMs: number }
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
  /** The function fulfilled, and every Lazy in its result has its value. Callbacks may still follow. */
  | { readonly kind: 'returned'; readonly value: InlineValue }
  | { readonly kind: 'threw'; readonly error: ErrorRecord };

export type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>;
export type EventOf<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;

export type CompletionEvent = EventOf<'completed' | 'failed' | 'skipped' | 'aborted'>;

/** The event completes a step: each step has one. */
export const isCompletionEvent = (event: HistoryEvent): event is CompletionEvent =>
  event.kind === 'completed' ||
  event.kind === 'failed' ||
  event.kind === 'skipped' ||
  event.kind === 'aborted';

/** A command as it arrives from the evaluator: itself, and the short text that a replay is compared by. */
export interface SignedCommand {
  readonly command: Command;
  readonly signature: string;
}

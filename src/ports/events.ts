/**
 * The port of status events: status changes of runs and steps, published after their commit for
 * observers. Nothing of a run depends on it. An event may be published twice, and in AWS the end of
 * a run and its waiting for a signal are published at least once, unless the bus refuses them.
 *
 * @module
 */
import type { ArgumentPreview } from '../model/argument-previews.ts';
import type { RunId } from '../model/ids.ts';
import type { RunStatus } from '../model/run.ts';
import type { RunFacts } from '../model/run-facts.ts';
import type { ChildRun, StepOrigin, StepStatus } from '../model/step.ts';

export type StatusEvent =
  | {
      readonly kind: 'run';
      readonly run: RunId;
      readonly status: RunStatus;
      /** Absent in an event that a client derives. */
      readonly facts?: RunFacts | undefined;
      readonly at: number;
    }
  | {
      readonly kind: 'step';
      readonly run: RunId;
      readonly call: number;
      readonly step: string;
      readonly status: StepStatus;
      readonly previous: StepStatus | null;
      readonly attempt: number;
      readonly reason?: string | undefined;
      /** The step of another run that a rerun took over. */
      readonly adoptedFrom?: StepOrigin | undefined;
      /** When the retry of a step that failed starts, milliseconds since the epoch. */
      readonly retryAt?: number | undefined;
      /** Of a call that was just made. */
      readonly arguments?: readonly ArgumentPreview[] | undefined;
      /** Of a step that is a child run, once that has started. */
      readonly childRun?: ChildRun | undefined;
      readonly at: number;
    }
  /** The logic waits for the signal `name`. */
  | {
      readonly kind: 'signal';
      readonly run: RunId;
      readonly name: string;
      readonly facts?: RunFacts | undefined;
      readonly at: number;
    }
  | {
      readonly kind: 'log';
      readonly run: RunId;
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly text: string;
      readonly at: number;
    };

export interface Events {
  publish(events: readonly StatusEvent[]): Promise<void>;
}

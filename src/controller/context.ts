/**
 * What the controller is given: its ports and its settings.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { Cache } from '../ports/cache.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evaluator, ExternalAnswer, LogicAnswer } from '../ports/evaluator.ts';
import type { Events } from '../ports/events.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Liveness } from '../ports/liveness.ts';
import type { Objects } from '../ports/objects.ts';
import type { Tasks } from '../ports/tasks.ts';
import type { Transitions } from '../ports/transitions.ts';

export interface ControllerPorts {
  readonly tasks: Tasks;
  readonly cache: Cache;
  readonly objects: Objects;
  readonly jobs: Jobs;
  readonly transitions: Transitions;
  readonly events: Events;
  readonly evaluator: Evaluator<LogicAnswer | ExternalAnswer>;
  readonly liveness: Liveness;
  readonly clock: Clock;
  /** The token of a group's attempts: derived from a secret, so that it need not be kept. */
  token(jobName: string): string;
  /** Is told of a step's message that does not have the token of the attempt that it names. It changes nothing. */
  readonly onRejectedMessage?: (message: RejectedMessage) => void;
}

/** Whose words a message claimed to be. */
interface RejectedMessage {
  readonly kind: string;
  readonly run: RunId;
  readonly call: number;
  readonly attempt: number;
  readonly job: string;
}

export interface ControllerSettings {
  /** Commands that one answer of the evaluator may hold, about. */
  readonly maxAnswerCommands: number;
  /** Writes after which a turn commits and goes on. */
  readonly maxCommitWrites: number;
  /** Members of one group; 10,000 is the most that an array job takes. */
  readonly maxGroupSize: number;
  /** Milliseconds after which a drain saves where it is and goes on in the next turn (rule 7). */
  readonly drainTimeoutMs: number;
  /** Failures of the infrastructure that a step may have beside its own. */
  readonly infrastructureBudget: number;
  /** Milliseconds for which a job must have been missing before it counts as lost. */
  readonly lostAfterMs: number;
  /** Milliseconds that the retry of a fan-out's member waits at the most for those of others, to be launched with them. */
  readonly maxRetryBatchDelayMs: number;
  /** Milliseconds between two looks of a waiter at the holder of its lease. */
  readonly leaseCheckIntervalMs: number;
}

export const DEFAULT_SETTINGS: ControllerSettings = {
  maxAnswerCommands: 1000,
  maxCommitWrites: 1000,
  maxGroupSize: 10_000,
  drainTimeoutMs: 40_000,
  infrastructureBudget: 3,
  lostAfterMs: 30_000,
  maxRetryBatchDelayMs: 0,
  leaseCheckIntervalMs: 30_000,
};

export interface ControllerContext extends ControllerPorts {
  readonly settings: ControllerSettings;
}

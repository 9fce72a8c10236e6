/**
 * The ports and the settings of the controller.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { Cache } from '../ports/cache.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evaluator, EvaluatorCrash, ExternalAnswer, LogicAnswer } from '../ports/evaluator.ts';
import type { Events } from '../ports/events.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Limits } from '../ports/limits.ts';
import type { Liveness } from '../ports/liveness.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import type { Objects } from '../ports/objects.ts';
import type { Removal } from '../ports/removal.ts';
import type { Tasks } from '../ports/tasks.ts';
import type { Transitions } from '../ports/transitions.ts';

export interface ControllerPorts {
  readonly tasks: Tasks;
  readonly cache: Cache;
  readonly limits: Limits;
  readonly objects: Objects;
  readonly jobs: Jobs;
  readonly transitions: Transitions;
  readonly events: Events;
  readonly evaluator: Evaluator<LogicAnswer | EvaluatorCrash | ExternalAnswer>;
  readonly liveness: Liveness;
  readonly models: Pick<ModelRegistry, 'version' | 'published' | 'versions' | 'markUsed'>;
  readonly removal: Pick<Removal, 'isBeingRemoved'>;
  readonly clock: Clock;
  /** The token of a group's attempts. It is derived from a secret, so it is not stored. */
  token(jobName: string): string;
  /**
   * Called for a step's message without the token of the attempt that it names. The message is
   * ignored.
   */
  readonly onRejectedMessage?: (message: RejectedMessage) => void;
}

/** The sender that a rejected message claims. */
interface RejectedMessage {
  readonly kind: string;
  readonly run: RunId;
  readonly call: number;
  readonly attempt: number;
  readonly job: string;
}

export interface ControllerSettings {
  /** Approximate limit of the commands in one answer of the evaluator. */
  readonly maxAnswerCommands: number;
  /** Number of writes after which a turn commits and continues. */
  readonly maxCommitWrites: number;
  /** Limit of the members of a group. An array job of AWS Batch has at most 10,000. */
  readonly maxGroupSize: number;
  /** After this time, a drain commits and continues in the next turn (rule 7). */
  readonly drainTimeoutMs: number;
  /** Failures of the infrastructure that a step may have, in addition to its own retries. */
  readonly infrastructureBudget: number;
  /**
   * The longest time that a step waits in its queue, unless its component or pipeline sets another
   * one (`queueTimeoutSeconds`).
   */
  readonly queueTimeoutMs: number;
  /** A job that has been missing for this time counts as lost. */
  readonly lostAfterMs: number;
  /**
   * Limit of the time that a retry waits for the retries of other members, to be launched with
   * them.
   */
  readonly maxRetryBatchDelayMs: number;
  /**
   * The longest time from the creation of a run to its end, with all resumes. Then the run fails.
   * Default: unlimited.
   */
  readonly maxActiveMs: number;
  /**
   * The time from the creation of a run in which other runs adopt its results. Default: unlimited.
   */
  readonly adoptableMs: number;
  /** Steps can read the objects of other projects. Default: true. */
  readonly readsOtherProjects: boolean;
  /** Time between two checks of the holder of a lease by a waiting step, or of a limit by a run. */
  readonly leaseCheckIntervalMs: number;
}

export const DEFAULT_SETTINGS: ControllerSettings = {
  maxAnswerCommands: 1000,
  maxCommitWrites: 1000,
  maxGroupSize: 10_000,
  drainTimeoutMs: 40_000,
  infrastructureBudget: 3,
  queueTimeoutMs: 24 * 3_600_000,
  lostAfterMs: 30_000,
  maxRetryBatchDelayMs: 0,
  maxActiveMs: Number.POSITIVE_INFINITY,
  adoptableMs: Number.POSITIVE_INFINITY,
  readsOtherProjects: true,
  leaseCheckIntervalMs: 30_000,
};

export interface ControllerContext extends ControllerPorts {
  readonly settings: ControllerSettings;
}

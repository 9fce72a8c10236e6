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
  readonly refused?: (message: Refused) => void;
}

/** Whose words a message claimed to be. */
interface Refused {
  readonly kind: string;
  readonly run: RunId;
  readonly call: number;
  readonly attempt: number;
  readonly job: string;
}

export interface Settings {
  /** Commands that one answer of the evaluator may hold, about. */
  readonly pageLimit: number;
  /** Writes after which a turn commits and goes on. */
  readonly chunk: number;
  /** Members of one group; 10,000 is the most that an array job takes. */
  readonly groupLimit: number;
  /** Milliseconds after which a drain saves where it is and goes on in the next turn (rule 7). */
  readonly drainTime: number;
  /** Failures of the infrastructure that a step may have beside its own. */
  readonly infrastructureBudget: number;
  /** Milliseconds for which a job must have been missing before it counts as lost. */
  readonly lostAfter: number;
  /** Milliseconds that the retry of a fan-out's member waits at the most for those of others, to be launched with them. */
  readonly retryTogether: number;
  /** Milliseconds between two looks of a waiter at the holder of its lease. */
  readonly leaseCheck: number;
}

export const DEFAULTS: Settings = {
  pageLimit: 1000,
  chunk: 1000,
  groupLimit: 10_000,
  drainTime: 40_000,
  infrastructureBudget: 3,
  lostAfter: 30_000,
  retryTogether: 0,
  leaseCheck: 30_000,
};

export interface Context extends ControllerPorts {
  readonly settings: Settings;
}

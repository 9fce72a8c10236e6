/**
 * A job that runs: its process, its time limit and its completion.
 *
 * 1. The messages of a runner count for its own attempt only: the identity of the job replaces the
 *    one that a message claims.
 * 2. A job is stopped once: by SIGTERM, and by SIGKILL after its grace period. Both signals reach
 *    all processes that it started.
 * 3. `completion` resolves after the process has exited, or is idle again, and its last message was
 *    delivered. A message that could not be delivered is not acknowledged, so the runner stores it.
 * 4. After its completion, a job does not affect its process, which may run another job.
 *
 * @module
 */
import { open } from 'node:fs/promises';
import type { RunnerMessage, StepSpec } from '../../model/spec.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import { startTimer } from '../../runner/long-timer.ts';
import type { Assignment, StopCause } from '../../runner/protocol.ts';
import { classifyExit, type JobExit } from './exit-classification.ts';
import type { AttemptEnd, Deliver, ProcessExit, RunnerProcess } from './runner-process.ts';

const LOG_TAIL_BYTES = 16_384;

/** The end of a job whose process stays. */
const COMPLETED = classifyExit({
  exitCode: 0,
  signal: null,
  stopRequest: undefined,
  outcome: { ok: true },
  logTail: '',
  heapLimit: undefined,
  rejectedMessage: undefined,
  startFailure: undefined,
});

export interface FinishedJob {
  readonly acceptedOutcome: JobExit['outcome'];
  readonly transition: TransitionOf<'job.ended'>;
  /** The process has not exited and can run another job. */
  readonly runnerIsIdle: boolean;
}

export interface RunningJobOptions {
  readonly runner: RunnerProcess;
  readonly assignment: Assignment;
  readonly logFile: string;
  readonly clock: Clock;
  readonly deliver: Deliver;
}

export class RunningJob {
  readonly id: string;
  readonly completion: Promise<FinishedJob>;
  readonly #runner: RunnerProcess;
  readonly #spec: StepSpec;
  readonly #graceMs: number;
  readonly #logFile: string;
  readonly #clock: Clock;
  readonly #deliver: Deliver;
  /** A container's supervisor enforces the limit of its step. */
  readonly #isSupervised: boolean;
  #stopRequest: JobExit['stopRequest'];
  #isOver = false;
  #outcome: JobExit['outcome'];
  #acceptedOutcome: JobExit['outcome'];
  #cancelKill = (): void => undefined;
  #cancelTimeLimit = (): void => undefined;

  /** Assigns the job to the runner. */
  constructor({ runner, assignment, logFile, clock, deliver }: RunningJobOptions) {
    this.id = assignment.job;
    this.#runner = runner;
    this.#spec = assignment.spec;
    this.#graceMs = assignment.graceMs;
    this.#logFile = logFile;
    this.#clock = clock;
    this.#deliver = deliver;
    this.#isSupervised = assignment.container !== undefined;
    this.completion = runner
      .run(assignment, (messages) => this.#receive(messages))
      .then((end) => this.#complete(end));
  }

  stop(cause: StopCause, reason: string): void {
    if (this.#stopRequest !== undefined || this.#outcome !== undefined || this.#isOver) return;
    this.#stopRequest = { fault: cause, reason };
    this.#runner.send({ kind: 'stop', cause, reason });
    this.#runner.signal('SIGTERM');
    this.#killAfterGrace();
  }

  /**
   * Stops the step because the engine closes. The channel closes, so the runner stores the messages
   * that it still has.
   */
  abandon(reason: string): void {
    if (this.#isOver) return;
    this.#runner.send({ kind: 'stop', cause: 'abort', reason });
    this.#runner.disconnect();
    this.#runner.signal('SIGTERM');
    this.#killAfterGrace();
  }

  /** Kills the process at once. */
  kill(): void {
    if (!this.#isOver) this.#runner.signal('SIGKILL');
  }

  #killAfterGrace(): void {
    this.#cancelKill();
    this.#cancelKill = startTimer(this.#graceMs, () => this.#runner.signal('SIGKILL'));
  }

  /** The time limit counts from the runner's `started` message, not from the assignment. */
  #startTimeLimit(): void {
    const { timeoutSeconds } = this.#spec;
    if (timeoutSeconds !== null && !this.#isSupervised)
      this.#cancelTimeLimit = startTimer(timeoutSeconds * 1000, () =>
        this.stop('timeout', `ran longer than its limit of ${timeoutSeconds} s`),
      );
  }

  async #receive(messages: readonly RunnerMessage[]): Promise<boolean> {
    if (messages.some(({ kind }) => kind === 'started')) this.#startTimeLimit();
    const ownMessages = messages.map((message) =>
      withOwnIdentity(message, this.#spec, this.id, {
        stopCause: this.#stopRequest?.fault,
        isSupervised: this.#isSupervised,
      }),
    );
    const finished = ownMessages.find((message) => message.kind === 'finished');
    if (finished !== undefined) {
      this.#outcome = finished.outcome;
      this.#cancelTimeLimit();
    }
    const accepted = await this.#deliver(ownMessages);
    if (finished === undefined || !accepted) return accepted;
    this.#acceptedOutcome = this.#outcome;
    // The step is finished: its process has only to exit, or to become idle.
    this.#killAfterGrace();
    return accepted;
  }

  async #complete(end: AttemptEnd): Promise<FinishedJob> {
    this.#isOver = true;
    this.#cancelTimeLimit();
    this.#cancelKill();
    const classification =
      end.kind === 'idle' ? COMPLETED : classifyExit(await this.#describeExit(end.exit));
    const { run, call, attempt } = this.#spec;
    const at = this.#clock.now();
    return {
      acceptedOutcome: this.#acceptedOutcome,
      transition: { kind: 'job.ended', run, call, attempt, job: this.id, ...classification, at },
      runnerIsIdle: end.kind === 'idle',
    };
  }

  async #describeExit(exit: ProcessExit): Promise<JobExit> {
    // Processes of the group may have outlived the runner.
    this.#runner.signal('SIGKILL');
    const logTail =
      this.#outcome === undefined && this.#stopRequest === undefined
        ? await readLogTail(this.#logFile)
        : '';
    return {
      ...exit,
      stopRequest: this.#stopRequest,
      outcome: this.#outcome,
      logTail,
      heapLimit: this.#runner.heapLimit,
    };
  }
}

function withOwnIdentity(
  message: RunnerMessage,
  { run, call, attempt, token }: StepSpec,
  job: string,
  { stopCause, isSupervised }: { stopCause: StopCause | undefined; isSupervised: boolean },
): RunnerMessage {
  const ownMessage = { ...message, run, call, attempt, token, job };
  if (ownMessage.kind !== 'finished' || ownMessage.outcome.ok) return ownMessage;
  const { ok, error, ...details } = ownMessage.outcome;
  return {
    ...ownMessage,
    outcome: {
      ok,
      error,
      // Without a supervisor, they come from the process of the step.
      ...(isSupervised ? details : {}),
      ...(stopCause === undefined ? {} : { stopReason: stopCause }),
    },
  };
}

/** Returns an empty text for a log that cannot be read: the job still has to be reported. */
async function readLogTail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString();
  } catch {
    return '';
  } finally {
    await file.close();
  }
}

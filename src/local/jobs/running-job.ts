/**
 * One job that runs: its process, its time limit, its end.
 *
 * 1. What its runner says counts for its own attempt alone: its identity is written over whatever it claims.
 * 2. It is stopped once: by SIGTERM, and by SIGKILL when its grace is over. Both reach all that it started.
 * 3. `ended` resolves after its process is gone and its last message was handed on. What could not be handed on was not told: the runner keeps it.
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
import type { Deliver, RunnerProcess } from './runner-process.ts';

const LOG_TAIL_BYTES = 16_384;

export interface RunningJob {
  readonly id: string;
  stop(cause: StopCause, reason: string): void;
  /** Its engine goes: the step is asked to stop, as with `stop`, and what it still has to say it leaves in the store. */
  abandon(reason: string): void;
  /** Ends the process without further ado. */
  kill(): void;
  readonly completion: Promise<{
    readonly acceptedOutcome: JobExit['outcome'];
    readonly transition: TransitionOf<'job.ended'>;
  }>;
}

export function runJob(
  runner: RunnerProcess,
  assignment: Assignment,
  logFile: string,
  clock: Clock,
  deliver: Deliver,
): RunningJob {
  const { spec, graceMs } = assignment;
  let stopRequest: JobExit['stopRequest'];
  let outcome: JobExit['outcome'];
  let acceptedOutcome: JobExit['outcome'];
  let cancelKill = (): void => undefined;
  let cancelTimeLimit = (): void => undefined;

  const killAfterGrace = () => {
    cancelKill();
    cancelKill = startTimer(graceMs, () => runner.signal('SIGKILL'));
  };

  function stop(cause: StopCause, reason: string): void {
    if (stopRequest !== undefined || outcome !== undefined || runner.hasExited) return;
    stopRequest = { fault: cause, reason };
    runner.send({ kind: 'stop', cause, reason });
    runner.signal('SIGTERM');
    killAfterGrace();
  }

  function abandon(reason: string): void {
    if (runner.hasExited) return;
    runner.send({ kind: 'stop', cause: 'abort', reason });
    runner.disconnect();
    runner.signal('SIGTERM');
    killAfterGrace();
  }

  /** Its time runs from when it says that it started, not from when it was told to. */
  function startTimeLimit(): void {
    const seconds = spec.timeoutSeconds;
    if (seconds !== null)
      cancelTimeLimit = startTimer(seconds * 1000, () =>
        stop('timeout', `ran longer than its limit of ${seconds} s`),
      );
  }

  runner.run(assignment, async (messages) => {
    if (messages.some(({ kind }) => kind === 'started')) startTimeLimit();
    const ownMessages = messages.map((message) =>
      withOwnIdentity(message, spec, runner.id, stopRequest?.fault),
    );
    const finished = ownMessages.find((message) => message.kind === 'finished');
    if (finished !== undefined) {
      outcome = finished.outcome;
      cancelTimeLimit();
    }
    const accepted = await deliver(ownMessages);
    if (finished === undefined || !accepted) return accepted;
    acceptedOutcome = outcome;
    // It has nothing left to do but to end.
    killAfterGrace();
    return accepted;
  });

  const completion = runner.exited.then(
    async ({ exitCode, signal, rejectedMessage, startFailure }) => {
      cancelTimeLimit();
      cancelKill();
      // What it left running in its group.
      runner.signal('SIGKILL');
      const logTail =
        outcome === undefined && stopRequest === undefined ? await readLogTail(logFile) : '';
      const { heapLimit } = runner;
      const classification = classifyExit({
        exitCode,
        signal,
        rejectedMessage,
        startFailure,
        stopRequest,
        outcome,
        logTail,
        heapLimit,
      });
      const { run, call, attempt } = spec;
      return {
        acceptedOutcome,
        transition: {
          kind: 'job.ended' as const,
          run,
          call,
          attempt,
          job: runner.id,
          ...classification,
          at: clock.now(),
        },
      };
    },
  );

  return { id: runner.id, stop, abandon, kill: () => runner.signal('SIGKILL'), completion };
}

function withOwnIdentity(
  message: RunnerMessage,
  { run, call, attempt, token }: StepSpec,
  job: string,
  stopCause: StopCause | undefined,
): RunnerMessage {
  const ownMessage = { ...message, run, call, attempt, token, job };
  if (ownMessage.kind !== 'finished' || ownMessage.outcome.ok) return ownMessage;
  const { ok, error } = ownMessage.outcome;
  return {
    ...ownMessage,
    outcome: { ok, error, ...(stopCause === undefined ? {} : { stopReason: stopCause }) },
  };
}

/** A log that cannot be read tells nothing, and is no reason to fail. */
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

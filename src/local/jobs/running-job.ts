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
import type { Assignment, StopCause } from '../../runner/protocol.ts';
import { after } from '../../runner/timers.ts';
import { classify, type Ending } from './ending.ts';
import type { Deliver, RunnerProcess } from './runner-process.ts';

const LOG_TAIL_BYTES = 16_384;

export interface RunningJob {
  readonly id: string;
  stop(cause: StopCause, reason: string): void;
  /** Its engine goes: the step is asked to stop, as with `stop`, and what it still has to say it leaves in the store. */
  abandon(reason: string): void;
  /** Ends the process without further ado. */
  kill(): void;
  readonly ended: Promise<{
    readonly told: Ending['outcome'];
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
  const { spec, graceMilliseconds } = assignment;
  let stopped: Ending['stop'];
  let outcome: Ending['outcome'];
  let told: Ending['outcome'];
  let cancelKill = (): void => undefined;
  let cancelLimit = (): void => undefined;

  const killAfterGrace = () => {
    cancelKill();
    cancelKill = after(graceMilliseconds, () => runner.signal('SIGKILL'));
  };

  function stop(cause: StopCause, reason: string): void {
    if (stopped !== undefined || outcome !== undefined || runner.hasEnded) return;
    stopped = { fault: cause, reason };
    runner.tell({ kind: 'stop', cause, reason });
    runner.signal('SIGTERM');
    killAfterGrace();
  }

  function abandon(reason: string): void {
    if (runner.hasEnded) return;
    runner.tell({ kind: 'stop', cause: 'abort', reason });
    runner.leave();
    runner.signal('SIGTERM');
    killAfterGrace();
  }

  /** Its time runs from when it says that it started, not from when it was told to. */
  function limit(): void {
    const seconds = spec.timeoutSeconds;
    if (seconds !== null)
      cancelLimit = after(seconds * 1000, () =>
        stop('timeout', `ran longer than its limit of ${seconds} s`),
      );
  }

  runner.run(assignment, async (messages) => {
    if (messages.some(({ kind }) => kind === 'started')) limit();
    const own = messages.map((message) => asOwn(message, spec, runner.id, stopped?.fault));
    const finished = own.find((message) => message.kind === 'finished');
    if (finished !== undefined) {
      outcome = finished.outcome;
      cancelLimit();
    }
    const safe = await deliver(own);
    if (finished === undefined || !safe) return safe;
    told = outcome;
    // It has nothing left to do but to end.
    killAfterGrace();
    return safe;
  });

  const ended = runner.ended.then(async ({ exitCode, signal, refused, unstarted }) => {
    cancelLimit();
    cancelKill();
    // What it left running in its group.
    runner.signal('SIGKILL');
    const log = outcome === undefined && stopped === undefined ? await tailOf(logFile) : '';
    const { heapLimit } = runner;
    const verdict = classify({
      exitCode,
      signal,
      refused,
      unstarted,
      stop: stopped,
      outcome,
      log,
      heapLimit,
    });
    const { run, call, attempt } = spec;
    return {
      told,
      transition: {
        kind: 'job.ended' as const,
        run,
        call,
        attempt,
        job: runner.id,
        ...verdict,
        at: clock.now(),
      },
    };
  });

  return { id: runner.id, stop, abandon, kill: () => runner.signal('SIGKILL'), ended };
}

function asOwn(
  message: RunnerMessage,
  { run, call, attempt, token }: StepSpec,
  job: string,
  stopped: StopCause | undefined,
): RunnerMessage {
  const own = { ...message, run, call, attempt, token, job };
  if (own.kind !== 'finished' || own.outcome.ok) return own;
  const { ok, error } = own.outcome;
  return {
    ...own,
    outcome: { ok, error, ...(stopped === undefined ? {} : { stopReason: stopped }) },
  };
}

/** A log that cannot be read tells nothing, and is no reason to fail. */
async function tailOf(path: string): Promise<string> {
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

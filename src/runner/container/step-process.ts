/**
 * The step's own process, seen by the container's supervisor. Apart from it, so that a step that computes for hours without a pause cannot keep
 * the supervisor from speaking, from minding the limit, or from noticing a reclaim; and so that the step knows nothing of the queue and the token.
 *
 * 1. What the process says is handed on in its order, and accepted once it is safe.
 * 2. It is stopped once: by a word and SIGTERM, and by SIGKILL when its grace is over. Both signals reach all that it started.
 * 3. The result is the last word that counts: the process's own, else what is to be said of its end.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { type RunnerMessage, runnerMessageSchema } from '../../model/spec.ts';
import { StepStoppedError } from '../errors.ts';
import type { Assignment, FromRunner, ToRunner } from '../protocol.ts';
import { fromRunnerSchema } from '../protocol-schema.ts';
import { after } from '../timers.ts';
import { killGroup } from './command.ts';
import { exitCodeOf, failureOfProcess, failureOfStop, outOfMemoryKills } from './ending.ts';
import type { Place } from './prepare.ts';

type Outcome = Extract<RunnerMessage, { kind: 'finished' }>['outcome'];

export interface StepProcess {
  /** What Node runs: its own arguments first. */
  readonly command: readonly string[];
  readonly place: Place;
  readonly assignment: Assignment;
  /** Its reason is a `StepStoppedError`. */
  readonly stop: AbortController;
  /** Resolves when the messages are safe. */
  deliver(message: RunnerMessage): Promise<void>;
}

/** Resolves when the process ended and all that it said was handed on. */
export function runStepProcess({
  command,
  place,
  assignment,
  stop,
  deliver,
}: StepProcess): Promise<{ readonly exitCode: number; readonly unsaid: Outcome | undefined }> {
  const { spec, graceMilliseconds } = assignment;
  const killsBefore = outOfMemoryKills();
  const child = spawn(process.execPath, command, {
    cwd: place.cwd,
    env: place.env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const timers = new Set<() => void>();
  let heapLimit: number | undefined;
  let toldOutcome = false;
  let last: Promise<void> = Promise.resolve();

  const tell = (message: ToRunner) => {
    // A channel that breaks meanwhile is noticed by its end.
    if (child.connected) child.send(message, () => undefined);
  };
  const later = (milliseconds: number, act: () => void) => timers.add(after(milliseconds, act));
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      killGroup(child.pid, name);
  };

  const onStop = () => {
    const reason: unknown = stop.signal.reason;
    if (!(reason instanceof StepStoppedError) || reason.stopped === 'terminated') return;
    tell({ kind: 'stop', cause: reason.stopped, reason: reason.reason });
    signal('SIGTERM');
    later(graceMilliseconds, () => signal('SIGKILL'));
  };

  function hear(message: RunnerMessage): void {
    if (message.kind === 'started' && spec.timeoutSeconds !== null) {
      const seconds = spec.timeoutSeconds;
      later(
        seconds * 1000,
        () =>
          toldOutcome ||
          stop.abort(new StepStoppedError('timeout', `ran longer than its limit of ${seconds} s`)),
      );
    }
    if (message.kind === 'finished') {
      toldOutcome = true;
      // It has nothing left to do but to end.
      later(graceMilliseconds, () => signal('SIGKILL'));
    }
  }

  child.on('message', (received: unknown) => {
    const parsed = fromRunnerSchema.safeParse(received);
    if (!parsed.success) return;
    const said: FromRunner | undefined = withMessage(parsed.data);
    if (said === undefined) return;
    if (said.kind === 'ready') {
      heapLimit = said.heapLimit;
      tell({ kind: 'run', assignment });
      if (stop.signal.aborted) onStop();
      else stop.signal.addEventListener('abort', onStop, { once: true });
      return;
    }
    hear(said.message);
    last = last.then(async () => {
      await deliver(said.message);
      tell({ kind: 'accepted', id: said.id });
    });
  });

  return new Promise((resolve, reject) => {
    // It could not be started.
    child.on('error', (error) => (child.pid === undefined ? reject(error) : undefined));
    child.on('close', async (exitCode, killedBy) => {
      for (const cancel of timers) cancel();
      stop.signal.removeEventListener('abort', onStop);
      // What it left running in its group.
      if (child.pid !== undefined) killGroup(child.pid);
      await last;
      const end = {
        exitCode,
        signal: killedBy,
        heapLimit,
        outOfMemory: outOfMemoryKills() > killsBefore,
      };
      const unsaid = toldOutcome
        ? undefined
        : stop.signal.aborted
          ? failureOfStop(stop.signal.reason)
          : failureOfProcess(end);
      resolve({
        exitCode: toldOutcome && killedBy === null ? (exitCode ?? 1) : exitCodeOf(end),
        unsaid,
      });
    });
  });
}

function withMessage(
  said:
    | { readonly kind: 'ready'; readonly heapLimit: number }
    | { readonly kind: 'message'; readonly id: number; readonly message: unknown },
) {
  if (said.kind === 'ready') return said;
  const message = runnerMessageSchema.safeParse(said.message);
  return message.success ? { ...said, message: message.data } : undefined;
}

/**
 * The step's own process, as the container's supervisor runs it. It is a separate process, so that
 * a step that never yields cannot prevent the supervisor from sending messages, enforcing limits or
 * noticing a reclaim, and so that the step has no access to the queue and the token.
 *
 * 1. Messages of the process are forwarded in order, and acknowledged once they are stored.
 * 2. It is stopped once: by a message and SIGTERM, then by SIGKILL after the grace period. Both
 *    signals reach its process group.
 * 3. The outcome is the process's own, else it is derived from how the process ended.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { type RunnerMessage, runnerMessageSchema } from '../../model/spec.ts';
import { StepStoppedError } from '../errors.ts';
import { startTimer } from '../long-timer.ts';
import type { Assignment, FromRunner, ToRunner } from '../protocol.ts';
import { fromRunnerSchema } from '../protocol-schema.ts';
import { killGroup } from './command.ts';
import type { StepEnvironment } from './prepare.ts';
import {
  failureOfProcess,
  failureOfStop,
  outOfMemoryKills,
  processExitCode,
} from './process-failure.ts';

type Outcome = Extract<RunnerMessage, { kind: 'finished' }>['outcome'];

export interface StepProcess {
  /** The arguments of Node.js: its options, then the program. */
  readonly command: readonly string[];
  readonly environment: StepEnvironment;
  readonly assignment: Assignment;
  /** Its reason is a `StepStoppedError`. */
  readonly stop: AbortController;
  /** Resolves when the messages are safe. */
  deliver(message: RunnerMessage): Promise<void>;
}

/** Resolves when the process has ended and all of its messages are delivered. */
export function runStepProcess({
  command,
  environment,
  assignment,
  stop,
  deliver,
}: StepProcess): Promise<{
  readonly exitCode: number;
  readonly unreportedOutcome: Outcome | undefined;
}> {
  const { spec, graceMs } = assignment;
  const killsBefore = outOfMemoryKills();
  const child = spawn(process.execPath, command, {
    cwd: environment.cwd,
    env: environment.env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const timers = new Set<() => void>();
  let heapLimit: number | undefined;
  let outcomeReported = false;
  let deliveries: Promise<void> = Promise.resolve();

  const post = (message: ToRunner) => {
    // The end of the process reports a channel that breaks meanwhile.
    if (child.connected) child.send(message, () => undefined);
  };
  const schedule = (delayMs: number, act: () => void) => timers.add(startTimer(delayMs, act));
  const signal = (name: 'SIGTERM' | 'SIGKILL') => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      killGroup(child.pid, name);
  };

  const onStop = () => {
    const reason: unknown = stop.signal.reason;
    if (!(reason instanceof StepStoppedError) || reason.stopCause === 'terminated') return;
    post({ kind: 'stop', cause: reason.stopCause, reason: reason.reason });
    signal('SIGTERM');
    schedule(graceMs, () => signal('SIGKILL'));
  };

  function onRunnerMessage(message: RunnerMessage): void {
    if (message.kind === 'started' && spec.timeoutSeconds !== null) {
      const seconds = spec.timeoutSeconds;
      schedule(
        seconds * 1000,
        () =>
          outcomeReported ||
          stop.abort(new StepStoppedError('timeout', `ran longer than its limit of ${seconds} s`)),
      );
    }
    if (message.kind === 'finished') {
      outcomeReported = true;
      // The process has completed its work and exits.
      schedule(graceMs, () => signal('SIGKILL'));
    }
  }

  child.on('message', (received: unknown) => {
    const parsed = fromRunnerSchema.safeParse(received);
    if (!parsed.success) return;
    const message: FromRunner | undefined = parseRunnerMessage(parsed.data);
    if (message === undefined) return;
    if (message.kind === 'ready') {
      heapLimit = message.heapLimit;
      post({ kind: 'run', assignment });
      if (stop.signal.aborted) onStop();
      else stop.signal.addEventListener('abort', onStop, { once: true });
      return;
    }
    onRunnerMessage(message.message);
    deliveries = deliveries.then(async () => {
      await deliver(message.message);
      post({ kind: 'accepted', id: message.id });
    });
  });

  return new Promise((resolve, reject) => {
    // The process could not be started.
    child.on('error', (error) => (child.pid === undefined ? reject(error) : undefined));
    child.on('close', async (exitCode, killedBy) => {
      for (const cancel of timers) cancel();
      stop.signal.removeEventListener('abort', onStop);
      // Kills the processes that remain in its group.
      if (child.pid !== undefined) killGroup(child.pid);
      await deliveries;
      const exit = {
        exitCode,
        signal: killedBy,
        heapLimit,
        outOfMemory: outOfMemoryKills() > killsBefore,
      };
      const unreportedOutcome = outcomeReported
        ? undefined
        : stop.signal.aborted
          ? failureOfStop(stop.signal.reason)
          : failureOfProcess(exit);
      resolve({
        exitCode: outcomeReported && killedBy === null ? (exitCode ?? 1) : processExitCode(exit),
        unreportedOutcome,
      });
    });
  });
}

function parseRunnerMessage(
  envelope:
    | { readonly kind: 'ready'; readonly heapLimit: number }
    | { readonly kind: 'message'; readonly id: number; readonly message: unknown },
) {
  if (envelope.kind === 'ready') return envelope;
  const message = runnerMessageSchema.safeParse(envelope.message);
  return message.success ? { ...envelope, message: message.data } : undefined;
}

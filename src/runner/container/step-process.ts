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
import { type ChildProcess, spawn } from 'node:child_process';
import { type RunnerMessage, readRunnerMessage } from '../../model/spec.ts';
import { StepStoppedError, StepTimeoutError } from '../../sdk/stop-errors.ts';
import { startTimer } from '../long-timer.ts';
import type { Assignment, ToRunner } from '../protocol.ts';
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

export interface StepProcessOptions {
  /** The arguments of Node.js: its options, then the program. */
  readonly command: readonly string[];
  readonly environment: StepEnvironment;
  readonly assignment: Assignment;
  /** The process gets its work once this resolves, and is killed if it rejects. */
  readonly admission?: Promise<void> | undefined;
  /** Its reason is a `StepStoppedError`. */
  readonly stop: AbortController;
  /** Resolves when the message is safe. */
  deliver(message: RunnerMessage): Promise<void>;
}

export interface StepProcessResult {
  readonly exitCode: number;
  readonly unreportedOutcome: Outcome | undefined;
}

/** Resolves when the process has ended and all of its messages are delivered. */
export const runStepProcess = (options: StepProcessOptions): Promise<StepProcessResult> =>
  new StepProcess(options).result;

class StepProcess {
  readonly result: Promise<StepProcessResult>;
  readonly #options: StepProcessOptions;
  readonly #child: ChildProcess;
  readonly #killsBefore = outOfMemoryKills();
  readonly #timers = new Set<() => void>();
  #heapLimit: number | undefined;
  #outcomeReported = false;
  #hasRejected = false;
  #deliveries: Promise<void> = Promise.resolve();

  constructor(options: StepProcessOptions) {
    this.#options = options;
    const { cwd, env } = options.environment;
    this.#child = spawn(process.execPath, options.command, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (received) => this.#receive(received));
    this.result = this.#waitForEnd();
  }

  #receive(received: unknown): void {
    const parsed = fromRunnerSchema.safeParse(received);
    if (!parsed.success) return;
    if (parsed.data.kind === 'ready') {
      this.#heapLimit = parsed.data.heapLimit;
      const start = () => this.#start();
      if (this.#options.admission === undefined) return start();
      this.#options.admission.then(start, () => this.#signal('SIGKILL'));
      return;
    }
    if (parsed.data.kind !== 'message') return;
    const { id } = parsed.data;
    const read = readRunnerMessage(parsed.data.message);
    if (!read.ok) {
      // Acknowledged all the same: the runner would wait for it.
      this.#warnOfRejection(read.reason);
      this.#post({ kind: 'accepted', ids: [id] });
      return;
    }
    this.#observe(read.message);
    this.#deliveries = this.#deliveries.then(async () => {
      await this.#options.deliver(read.message);
      this.#post({ kind: 'accepted', ids: [id] });
    });
  }

  /** Only the first one is reported: a step may send any number of messages. */
  #warnOfRejection(reason: string): void {
    if (this.#hasRejected) return;
    this.#hasRejected = true;
    console.error(`headrace: a message of the step was dropped: ${reason}`);
  }

  #start(): void {
    const { assignment, stop } = this.#options;
    this.#post({ kind: 'run', assignment });
    if (stop.signal.aborted) this.#onStop();
    else stop.signal.addEventListener('abort', this.#onStop, { once: true });
  }

  #observe(message: RunnerMessage): void {
    const { assignment, stop } = this.#options;
    const { timeoutSeconds } = assignment.spec;
    if (message.kind === 'started' && timeoutSeconds !== null)
      this.#schedule(timeoutSeconds * 1000, () => {
        if (this.#outcomeReported) return;
        const reason = `ran longer than its limit of ${timeoutSeconds} s`;
        stop.abort(new StepTimeoutError(reason));
      });
    if (message.kind === 'finished') {
      this.#outcomeReported = true;
      // The process has completed its work and exits.
      this.#schedule(assignment.graceMs, () => this.#signal('SIGKILL'));
    }
  }

  readonly #onStop = (): void => {
    const { assignment, stop } = this.#options;
    const reason: unknown = stop.signal.reason;
    if (!(reason instanceof StepStoppedError) || reason.stopCause === 'terminated') return;
    this.#post({ kind: 'stop', cause: reason.stopCause, reason: reason.reason });
    this.#signal('SIGTERM');
    this.#schedule(assignment.graceMs, () => this.#signal('SIGKILL'));
  };

  #post(message: ToRunner): void {
    // The end of the process reports a channel that breaks meanwhile.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #schedule(delayMs: number, act: () => void): void {
    this.#timers.add(startTimer(delayMs, act));
  }

  #signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) killGroup(pid, name);
  }

  #waitForEnd(): Promise<StepProcessResult> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      // The process could not be started.
      child.on('error', (error) => (child.pid === undefined ? reject(error) : undefined));
      child.on('close', async (exitCode, killedBy) => {
        for (const cancel of this.#timers) cancel();
        this.#options.stop.signal.removeEventListener('abort', this.#onStop);
        // Kills the processes that remain in its group.
        if (child.pid !== undefined) killGroup(child.pid);
        await this.#deliveries;
        resolve(this.#resultOf(exitCode, killedBy));
      });
    });
  }

  #resultOf(exitCode: number | null, killedBy: NodeJS.Signals | null): StepProcessResult {
    const exit = {
      exitCode,
      signal: killedBy,
      heapLimit: this.#heapLimit,
      outOfMemory: outOfMemoryKills() > this.#killsBefore,
    };
    if (this.#outcomeReported)
      return {
        exitCode: killedBy === null ? (exitCode ?? 1) : processExitCode(exit),
        unreportedOutcome: undefined,
      };
    const { signal } = this.#options.stop;
    return {
      exitCode: processExitCode(exit),
      unreportedOutcome: signal.aborted ? failureOfStop(signal.reason) : failureOfProcess(exit),
    };
  }
}

/**
 * A subprocess that runs one step, or several steps one after the other.
 *
 * 1. Its messages are delivered one batch after the other, in order. Each is acknowledged when it
 *    is safe.
 * 2. An attempt ends when its process is idle again, which it is only after its outcome was
 *    delivered, or has exited. `exited` resolves after the process has exited, its channel is
 *    drained and its last message was delivered.
 * 3. Signals reach the process group, so that processes that a step starts end with it.
 * 4. Its output goes to its log file directly, at no cost to this process.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type RunnerMessage, readRunnerMessage } from '../../model/spec.ts';
import type { Assignment, ToRunner } from '../../runner/protocol.ts';
import { fromRunnerSchema } from '../../runner/protocol-schema.ts';
import { PRIVATE_FILE_MODE } from '../private-files.ts';
import type { ChildProgram } from './child-programs.ts';
import { type ProcessIdentity, processIdentity } from './process-identity.ts';

export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why a message was rejected. */
  readonly rejectedMessage: string | undefined;
  /** Why the process ended before it was ready. */
  readonly startFailure: string | undefined;
}

/** The end of an attempt: its process has exited, or can run another one. */
export type AttemptEnd =
  | { readonly kind: 'idle' }
  | { readonly kind: 'exited'; readonly exit: ProcessExit };

/** Delivers messages. Resolves to true when they are safe, to false if they never will be. */
export type Deliver = (messages: readonly RunnerMessage[]) => Promise<boolean>;

/** The attempt that the process runs. */
interface CurrentAttempt {
  readonly deliver: Deliver;
  readonly staysAfterwards: boolean;
  hasSent: boolean;
  successDelivered: boolean;
  end(end: AttemptEnd): void;
}

interface ReceivedMessage {
  readonly id: number;
  readonly message: RunnerMessage;
}

export interface RunnerProcessOptions {
  readonly program: ChildProgram;
  readonly environment: NodeJS.ProcessEnv;
  /** The folder in which the log file is created. */
  readonly logFolder: string;
}

export class RunnerProcess {
  /** Unique for each start: the process id and a random part. */
  readonly id: string;
  /** The file that receives its output. */
  logFile: string;
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;
  readonly #undelivered: ReceivedMessage[] = [];
  #isReady = false;
  #attemptCount = 0;
  #identity: ProcessIdentity | undefined;
  #hasExited = false;
  #heapLimit: number | undefined;
  #rejectedMessage: string | undefined;
  #attempt: CurrentAttempt | undefined;
  #delivery: Promise<void> | undefined;

  /** Starts the process. */
  constructor({ program, environment, logFolder }: RunnerProcessOptions) {
    const random = randomBytes(8).toString('hex');
    this.logFile = join(logFolder, `${process.pid}-${random}.log`);
    this.#child = spawnRunner(program, environment, this.logFile);
    this.id = `${this.#child.pid ?? 0}-${random}`;
    this.#child.on('message', (received: unknown) => this.#receive(received));
    this.exited = exitOf(this.#child).then((exit) => this.#onExit(exit));
  }

  /** The id of the next job that it runs. */
  newJobId(): string {
    return this.#attemptCount === 0
      ? this.id
      : `${this.#child.pid ?? 0}-${randomBytes(8).toString('hex')}`;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Undefined if there is no such process any more. */
  get identity(): ProcessIdentity | undefined {
    if (this.#identity === undefined && this.#child.pid !== undefined)
      this.#identity = processIdentity(this.#child.pid);
    return this.#identity;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The number of attempts that it was given. */
  get attemptCount(): number {
    return this.#attemptCount;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** The most bytes of its heap; undefined until it is ready. */
  get heapLimit(): number | undefined {
    return this.#heapLimit;
  }

  /** Runs an attempt. The process must be new or idle. */
  run(assignment: Assignment, deliver: Deliver): Promise<AttemptEnd> {
    this.#child.ref();
    this.#child.channel?.ref();
    return new Promise((resolve) => {
      this.#attempt = {
        deliver,
        staysAfterwards: assignment.staysAfterwards === true,
        hasSent: false,
        successDelivered: false,
        end: resolve,
      };
      this.#attemptCount += 1;
      void this.exited.then((exit) => resolve({ kind: 'exited', exit }));
      this.send({ kind: 'run', assignment });
    });
  }

  /**
   * Sends a message, unless the channel is closed. A send that fails is ignored: the exit of the
   * process follows.
   */
  send(message: ToRunner): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Closes the channel. The runner acts as if this process had crashed. */
  disconnect(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** Sends the signal to the process group. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#child.pid === undefined) return;
    // This process stays until the exit is known and the channel is drained (2).
    this.#child.ref();
    this.#child.channel?.ref();
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // All processes of the group have exited.
    }
  }

  #receive(received: unknown): void {
    const parsed = fromRunnerSchema.safeParse(received);
    if (!parsed.success) {
      this.#rejectedMessage ??= 'it sent data that is not a message of a runner';
      return;
    }
    if (parsed.data.kind === 'ready') {
      this.#isReady = true;
      this.#heapLimit = parsed.data.heapLimit;
      return;
    }
    const attempt = this.#attempt;
    if (parsed.data.kind === 'idle') {
      if (attempt?.staysAfterwards === true && attempt.successDelivered) this.#onIdle(attempt);
      return;
    }
    // Only the code of a step sends messages while no attempt runs.
    if (attempt === undefined) return;
    attempt.hasSent = true;
    const { id } = parsed.data;
    const read = readRunnerMessage(parsed.data.message);
    if (read.ok) this.#undelivered.push({ id, message: read.message });
    else {
      this.#warnOfRejection(read.reason);
      this.send({ kind: 'accepted', ids: [id] });
    }
    this.#delivery ??= this.#deliverAll(attempt);
  }

  #onIdle(attempt: CurrentAttempt): void {
    this.#attempt = undefined;
    // As for a new runner: it does not keep this process alive.
    this.#child.unref();
    this.#child.channel?.unref();
    attempt.end({ kind: 'idle' });
  }

  /** Only the first one is reported: a step may send any number of messages. */
  #warnOfRejection(reason: string): void {
    if (this.#rejectedMessage !== undefined) return;
    this.#rejectedMessage = `one of its messages was rejected: ${reason}`;
    process.emitWarning(`a message of job ${this.id} was dropped: ${reason}`, 'HeadraceWarning');
  }

  async #deliverAll(attempt: CurrentAttempt): Promise<void> {
    // Messages that were read from the channel at once are one batch.
    await undefined;
    while (this.#undelivered.length > 0) {
      const batch = this.#undelivered.splice(0);
      if (!(await attempt.deliver(batch.map(({ message }) => message)))) continue;
      attempt.successDelivered ||= batch.some(
        ({ message }) => message.kind === 'finished' && message.outcome.ok,
      );
      this.send({ kind: 'accepted', ids: batch.map(({ id }) => id) });
    }
    this.#delivery = undefined;
  }

  async #onExit({ exitCode, signal, error }: ChildExit): Promise<ProcessExit> {
    await this.#delivery;
    this.#hasExited = true;
    // A process that stayed may have exited before it received the attempt.
    const hasStarted =
      this.#isReady && (this.#attemptCount < 2 || this.#attempt?.hasSent !== false);
    const exitDescription =
      signal === null
        ? `its process exited with code ${exitCode} before it was ready`
        : `its process was killed by ${signal} before it was ready`;
    const startFailure = hasStarted ? undefined : (error?.message ?? exitDescription);
    return { exitCode, signal, rejectedMessage: this.#rejectedMessage, startFailure };
  }
}

function spawnRunner(
  { file, execArgv }: ChildProgram,
  environment: NodeJS.ProcessEnv,
  logFile: string,
): ChildProcess {
  const log = openSync(logFile, 'a', PRIVATE_FILE_MODE);
  try {
    const child = spawn(process.execPath, [...execArgv, file], {
      stdio: ['ignore', log, log, 'ipc'],
      env: environment,
      detached: true,
    });
    // An idle runner does not keep this process alive.
    child.unref();
    child.channel?.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

interface ChildExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error: Error | undefined;
}

/** Resolves when the process has exited and its channel is drained. */
function exitOf(child: ChildProcess): Promise<ChildExit> {
  return new Promise((resolve) => {
    let exit: ChildExit | undefined;
    let drained = !child.connected;
    const resolveWhenDone = () => {
      if (exit !== undefined && drained) resolve(exit);
    };
    child.once('exit', (exitCode, signal) => {
      exit = { exitCode, signal, error: undefined };
      resolveWhenDone();
    });
    child.once('disconnect', () => {
      drained = true;
      resolveWhenDone();
    });
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      exit = { exitCode: null, signal: null, error };
      drained = true;
      resolveWhenDone();
    });
  });
}

/**
 * A runner for the engine whose step runs in a container: it starts the container with the client
 * of Docker, and passes messages between the IPC channel of the engine and the container
 * (`runner/container/frames.ts`).
 *
 * 1. The container's supervisor limits, stops and reports the step, as in AWS. The shim reports only
 *    what the supervisor cannot: a container that did not start, or that was killed.
 * 2. The container ends when this process ends in any way: its input ends then.
 * 3. A container that does not end within the grace period of a stop is killed.
 * 4. The shim exits with the exit code of the container, after its report was accepted.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { getHeapStatistics } from 'node:v8';
import type { z } from 'zod';
import { EXIT_OUTCOME_STORED, EXIT_PREPARATION_FAILED } from '../../model/container.ts';
import { preparationOf } from '../../model/container-settings.ts';
import { toErrorRecord } from '../../model/error-record.ts';
import { encodeFrame, FrameReader, type ToContainer } from '../../runner/container/frames.ts';
import { startTimer } from '../../runner/long-timer.ts';
import type {
  Assignment,
  ContainerAssignment,
  FromRunner,
  ToRunner,
} from '../../runner/protocol.ts';
import { fromRunnerSchema } from '../../runner/protocol-schema.ts';
import { containerName, dockerRunArguments } from './docker-arguments.ts';
import { ContainerEndedError, ContainerStartError } from './errors.ts';

/** The rest of the grace period is for the end of the client. */
const KILL_GRACE_SHARE = 0.8;
const MAX_TAIL_LENGTH = 2_000;
/** The client of Docker exits with this code if the engine could not run the container. */
const EXIT_DOCKER_FAILED = 125;
const EXIT_CANNOT_EXECUTE = 126;
const EXIT_NOT_FOUND = 127;
const EXIT_KILLED = 137;
/** The container numbers its messages from 0. */
const OWN_MESSAGE = Number.MAX_SAFE_INTEGER;

/** Serves the assignment that the process receives over its IPC channel. */
export function serveContainer(): void {
  const shim = new ContainerShim();
  process.on('message', (message: ToRunner) => shim.receive(message));
  process.on('disconnect', () => shim.onDisconnected());
  // A stop message precedes the signal of the engine.
  process.on('SIGTERM', () => shim.onTerminated());
  shim.send({ kind: 'ready', heapLimit: getHeapStatistics().heap_size_limit });
}

/** The engine reads its content. */
type RelayedMessage = z.infer<typeof fromRunnerSchema>;

class ContainerShim {
  #assignment: Assignment | undefined;
  #client: ChildProcess | undefined;
  #tail = '';
  #hasStarted = false;
  #hasOutcome = false;
  #isStopping = false;
  /** The exit code, once the container has ended. */
  #exitCode: number | undefined;

  send(message: FromRunner | RelayedMessage): void {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  }

  receive(message: ToRunner): void {
    if (message.kind === 'run') {
      if (this.#assignment === undefined) this.#start(message.assignment);
      return;
    }
    if (message.kind === 'accepted') {
      if (message.ids.includes(OWN_MESSAGE)) return this.#exitAfterOutput();
      return this.#post(message);
    }
    this.#post(message);
    this.#killAfterGrace();
  }

  onTerminated(): void {
    if (this.#assignment === undefined) process.exit(EXIT_PREPARATION_FAILED);
    this.#killAfterGrace();
  }

  /** The container stores what the engine did not accept, and ends. */
  onDisconnected(): void {
    if (this.#client === undefined || this.#exitCode !== undefined) process.exit(this.#exitCode);
    this.#client.stdin?.end();
    this.#killAfterGrace();
  }

  #start(assignment: Assignment): void {
    this.#assignment = assignment;
    const { container } = assignment;
    try {
      if (container === undefined) throw new ContainerStartError('the job has no container');
      this.#run(assignment, container);
    } catch (error) {
      this.#end(EXIT_PREPARATION_FAILED, toError(error));
    }
  }

  #run(assignment: Assignment, container: ContainerAssignment): void {
    const client = spawn('docker', dockerRunArguments(assignment, container), {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Signals to the group of this process do not reach the client.
      detached: true,
    });
    this.#client = client;
    const reader = new FrameReader(
      (frame) => this.#relay(frame),
      (text) => process.stderr.write(text),
    );
    client.stdin.on('error', () => undefined);
    client.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    client.stdout.on('end', () => reader.end());
    client.stderr.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      if (!this.#hasStarted) this.#tail = (this.#tail + chunk).slice(-MAX_TAIL_LENGTH);
    });
    client.on('error', (error) => {
      if (client.pid === undefined) this.#end(EXIT_NOT_FOUND, missingClient(error));
    });
    client.on('close', (code) => {
      if (client.pid !== undefined) this.#onClosed(code ?? EXIT_KILLED);
    });
    const { spec, job, logStream, graceMs } = assignment;
    const { notesReads: _, ...containerSpec } = spec;
    this.#post({
      kind: 'run',
      spec: { ...containerSpec, token: '' },
      preparation: preparationOf(container.settings),
      job,
      logStream,
      graceMs,
    });
  }

  #post(message: ToContainer): void {
    this.#client?.stdin?.write(encodeFrame(message));
  }

  #relay(frame: unknown): void {
    const parsed = fromRunnerSchema.safeParse(frame);
    if (!parsed.success || parsed.data.kind !== 'message') return;
    this.#hasStarted = true;
    this.#hasOutcome ||= isOutcome(parsed.data.message);
    this.send(parsed.data);
  }

  #onClosed(code: number): void {
    // With a stored outcome, the engine reads the object.
    if (this.#hasOutcome || this.#isStopping || code === EXIT_OUTCOME_STORED) this.#end(code);
    else this.#end(code, this.#failureOf(code));
  }

  #failureOf(code: number): Error {
    const { settings, host } = this.#assignment?.container ?? {};
    const image = settings?.docker ?? host?.image ?? '';
    const output = this.#tail.trim();
    const details = output === '' ? '' : `:\n${output}`;
    if (
      !this.#hasStarted ||
      [EXIT_DOCKER_FAILED, EXIT_CANNOT_EXECUTE, EXIT_NOT_FOUND].includes(code)
    )
      return new ContainerStartError(
        `the container of the image ${image} did not start (exit code ${code})${details}`,
      );
    return new ContainerEndedError(
      code === EXIT_KILLED
        ? 'the container was killed (exit code 137): by a user, or because its memory was used up'
        : `the container ended with exit code ${code} before the step had a result`,
    );
  }

  /** Reports the error, and exits once it was accepted; without one, exits at once. */
  #end(code: number, error?: Error): void {
    this.#exitCode = code === 0 ? Number(!this.#hasOutcome) : code;
    const spec = this.#assignment?.spec;
    if (error === undefined || spec === undefined || !process.connected)
      return this.#exitAfterOutput();
    const { run, call, attempt, token } = spec;
    const head = { run, call, attempt, token, job: this.#assignment?.job ?? '', at: Date.now() };
    this.send({
      kind: 'message',
      id: OWN_MESSAGE,
      message: {
        kind: 'finished',
        ...head,
        outcome: { ok: false, error: toErrorRecord(error), exitCode: this.#exitCode },
      },
    });
  }

  #exitAfterOutput(): void {
    process.stderr.write('', () => process.exit(this.#exitCode));
  }

  #killAfterGrace(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { job, graceMs } = this.#assignment ?? { job: '', graceMs: 0 };
    startTimer(graceMs * KILL_GRACE_SHARE, () => {
      const kill = spawn('docker', ['kill', containerName(job)], {
        stdio: 'ignore',
        detached: true,
      });
      // The end of the input ends the container, too.
      kill.on('error', () => undefined);
    });
  }
}

const isOutcome = (message: unknown): boolean =>
  typeof message === 'object' &&
  message !== null &&
  'kind' in message &&
  message.kind === 'finished';

const toError = (error: unknown): Error =>
  error instanceof Error ? error : new ContainerStartError(String(error));

const missingClient = (error: Error): Error =>
  new ContainerStartError(
    `the program docker could not be started: ${error.message}. Install Docker, or run without --containers`,
  );

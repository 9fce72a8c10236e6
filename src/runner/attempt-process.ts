/**
 * A process that runs one attempt for a parent: the engine on a laptop, the container's supervisor
 * in AWS. The process starts before there is work for it, runs one step and exits.
 *
 * 1. Before the process exits normally, its outcome is accepted by the parent or stored in the
 *    object store (`result.json`).
 * 2. A process whose parent died outlives the parent by no more than the grace period, if its event
 *    loop turns. The parent's side ends the others: the engine's watch, or the end of the container.
 * 3. Output of the step goes directly to the log that the process was started with. None of it
 *    passes through the parent.
 *
 * Every step loads this module and all that it imports, so each import costs time in every step.
 *
 * @module
 */

import { resolve } from 'node:path';
import { setTimeout } from 'node:timers';
import { getHeapStatistics } from 'node:v8';
import { reportsKey, resultKey } from '../model/object-layout.ts';
import type { StepSpec } from '../model/spec.ts';
import { createSteadyClock } from '../model/steady-clock.ts';
import type { Objects } from '../ports/objects.ts';
import { StepStoppedError, stopError } from '../sdk/stop-errors.ts';
import { changeDirectory } from '../sdk/working-directory.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import { createModules, type Materialize } from './modules.ts';
import type { Assignment, FromRunner, ToRunner } from './protocol.ts';
import { runStep } from './run-step.ts';
import { storedReports } from './stored-reports.ts';
import { type ReadWatch, readsNote, watchReads } from './undeclared-reads.ts';

/** The differences between a laptop and a container. */
export interface RunnerPlatform {
  objects(assignment: Assignment): Objects;
  /** The folder for the files of bundles. Its packages can be imported. */
  codeFolder(assignment: Assignment): string;
  /** The folder of local copies of remote files. */
  downloadsFolder(assignment: Assignment): string;
  materialize(): Promise<Materialize>;
}

/**
 * The parent sends a `stop` message before its SIGTERM. A SIGTERM from any other process comes
 * alone. The runner waits this long for the message.
 */
const STOP_MESSAGE_WAIT_MS = 20;
const EXIT_NO_PARENT = 70;
/**
 * The rest of the grace period is for reporting the outcome before the parent kills the process.
 */
const STEP_GRACE_SHARE = 0.8;

/** Serves the one assignment that the process receives over its IPC channel. */
export function serveAttempt(platform: RunnerPlatform): void {
  new AttemptProcess(platform).start();
}

class AttemptProcess {
  // Captured before the code of a step can change them.
  readonly #exit = process.exit.bind(process);
  readonly #channel = process.channel;
  readonly #post = process.send?.bind(process);

  readonly #platform: RunnerPlatform;
  readonly #stop = new AbortController();
  readonly #delivery: Delivery = createDelivery(
    (message) => this.#send(message),
    (waiting) => (waiting ? this.#channel?.ref() : this.#channel?.unref()),
  );
  #assignment: Assignment | undefined;

  constructor(platform: RunnerPlatform) {
    this.#platform = platform;
  }

  start(): void {
    if (this.#post === undefined || this.#channel === undefined) {
      process.stderr.write('this program is started by Headrace\n');
      this.#exit(EXIT_NO_PARENT);
    }
    process.on('message', (message: ToRunner) => this.#onMessage(message));
    process.on('disconnect', () => this.#onDisconnected());
    this.#send({ kind: 'ready', heapLimit: getHeapStatistics().heap_size_limit });
  }

  /**
   * The `disconnect` event reports a broken channel. The callback ignores the failure to send,
   * which would otherwise be an uncaught error that fails the step.
   */
  #send(message: FromRunner): void {
    this.#post?.(message, undefined, undefined, () => undefined);
  }

  #onMessage(message: ToRunner): void {
    switch (message.kind) {
      case 'run':
        if (this.#assignment === undefined) this.#startAttempt(message.assignment);
        break;
      case 'accepted':
        this.#delivery.onAccepted(message.id);
        break;
      case 'stop':
        this.#stop.abort(stopError(message.cause, message.reason));
        break;
      default:
        message satisfies never;
    }
  }

  #onDisconnected(): void {
    if (this.#assignment === undefined) this.#exit(EXIT_NO_PARENT);
    this.#delivery.onDisconnected();
    // Processes that the step started are in the group and are killed with it.
    setTimeout(killProcessGroup, this.#assignment?.graceMs ?? 0).unref();
  }

  #startAttempt(assignment: Assignment): void {
    this.#assignment = assignment;
    // Some programs report progress to a parent if `process.send` exists; their messages would mix
    // with those of the runner. `disconnect` stays, because Node itself calls it.
    Object.assign(process, { send: undefined });
    process.on('SIGTERM', () => {
      setTimeout(
        () => this.#stop.abort(new StepStoppedError('terminated', 'the process received SIGTERM')),
        STOP_MESSAGE_WAIT_MS,
      );
    });
    this.#channel?.unref();
    this.#runAttempt(assignment).then(
      (code) => this.#exit(code),
      (error: unknown) => {
        console.error(error);
        this.#exit(1);
      },
    );
  }

  async #runAttempt(assignment: Assignment): Promise<number> {
    const { spec, job, temporaryDirectory, logStream, graceMs } = assignment;
    const objects = this.#platform.objects(assignment);
    let reads: ReadWatch | undefined;
    const modules = createModules(objects, this.#platform.codeFolder(assignment), () =>
      this.#platform.materialize(),
    );
    const code = await runStep(spec, {
      ...modules,
      objects,
      async loadCode() {
        Object.assign(process.env, spec.environment);
        changeDirectory(resolve(spec.projectRoot ?? '.', spec.workingDir ?? '.'));
        if (spec.notesReads === true && spec.projectRoot !== undefined)
          reads = watchReads(spec.projectRoot, [assignment.home, temporaryDirectory]);
        return modules.loadCode(spec);
      },
      send: this.#delivery.send,
      jobId: job,
      logStream,
      signal: this.#stop.signal,
      stopGraceMs: graceMs * STEP_GRACE_SHARE,
      temporaryDirectory,
      downloadsFolder: this.#platform.downloadsFolder(assignment),
      clock: createSteadyClock(),
      note: () => reads && readsNote(spec.step, reads),
    });
    await this.#storeUndelivered(objects, spec, job);
    // Without a parent, no other process ends what the step left running.
    if (!process.connected) killProcessGroup();
    return code;
  }

  /** Stores the messages that the parent did not accept. */
  async #storeUndelivered(objects: Objects, spec: StepSpec, job: string): Promise<void> {
    const undelivered = this.#delivery.undelivered();
    const reports = storedReports(undelivered);
    const finished = undelivered.find(({ kind }) => kind === 'finished');
    if (reports !== undefined) await objects.put(reportsKey(spec.outputPrefix, job), reports);
    if (finished !== undefined)
      await objects.put(resultKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(finished)));
  }
}

/** Kills this process, which leads its group, and all processes that it started. */
const killProcessGroup = (): boolean => process.kill(-process.pid, 'SIGKILL');

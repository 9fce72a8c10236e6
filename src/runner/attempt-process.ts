/**
 * A process that runs attempts for a parent: the engine on a laptop, the container's supervisor in
 * AWS. The process starts before there is work for it, runs one step and exits. On a laptop it may
 * stay and run the next attempt of the same component (`staysAfterwards`).
 *
 * 1. Before an attempt ends normally, its outcome is accepted by the parent or stored in the object
 *    store (`result.json`).
 * 2. A process whose parent died outlives the parent by no more than the grace period, if its event
 *    loop turns. The parent's side ends the others: the engine's watch, or the end of the container.
 * 3. Output of the step goes directly to its log. None of it passes through the parent.
 * 4. A process stays only after a success, and only if it is as it was before: no work of an
 *    attempt, none of its listeners, no variable and no output of it reaches the next one.
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
import { type EventLoopWatch, watchEventLoop } from './event-loop.ts';
import { createModules, type KnownModules, type Materialize } from './modules.ts';
import { redirectOutput } from './output.ts';
import { captureProcessState, type ProcessState } from './process-state.ts';
import type { Assignment, FromRunner, ToRunner } from './protocol.ts';
import { EXIT_COMPLETED, EXIT_STOPPED, runStep } from './run-step.ts';
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
/** The most time that work which a completed step left behind may take. */
const IDLE_TIMEOUT_MS = 50;
/** A process whose heap has more of its limit in use does not stay: modules are never unloaded. */
const MAX_HEAP_SHARE = 0.25;

/** Serves the assignments that the process receives over its IPC channel. */
export function serveAttempt(platform: RunnerPlatform): void {
  new AttemptProcess(platform).start();
}

interface Attempt {
  readonly assignment: Assignment;
  readonly stop: AbortController;
  readonly delivery: Delivery;
}

/** What a process that stays needs between two attempts. */
interface Reset {
  readonly state: ProcessState;
  readonly eventLoop: EventLoopWatch;
}

class AttemptProcess {
  // Captured before the code of a step can change them.
  readonly #exit = process.exit.bind(process);
  readonly #channel = process.channel;
  readonly #post = process.send?.bind(process);

  readonly #platform: RunnerPlatform;
  #attempt: Attempt | undefined;
  readonly #modules: KnownModules = new Map();
  #hasRun = false;
  #reset: Reset | undefined;

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
        if (this.#attempt === undefined) this.#startAttempt(message.assignment);
        break;
      case 'accepted':
        for (const id of message.ids) this.#attempt?.delivery.onAccepted(id);
        break;
      case 'stop':
        this.#attempt?.stop.abort(stopError(message.cause, message.reason));
        break;
      default:
        message satisfies never;
    }
  }

  #onDisconnected(): void {
    if (this.#attempt === undefined) this.#exit(EXIT_NO_PARENT);
    this.#attempt?.delivery.onDisconnected();
    // Processes that the step started are in the group and are killed with it.
    setTimeout(killProcessGroup, this.#attempt?.assignment.graceMs ?? 0).unref();
  }

  #onTerminated(): void {
    const attempt = this.#attempt;
    if (attempt === undefined) this.#exit(EXIT_STOPPED);
    setTimeout(
      () => attempt?.stop.abort(new StepStoppedError('terminated', 'the process received SIGTERM')),
      STOP_MESSAGE_WAIT_MS,
    );
  }

  #startAttempt(assignment: Assignment): void {
    const attempt: Attempt = {
      assignment,
      stop: new AbortController(),
      delivery: createDelivery(
        (message) => this.#send(message),
        (waiting) => (waiting ? this.#channel?.ref() : this.#channel?.unref()),
      ),
    };
    this.#attempt = attempt;
    if (!this.#hasRun) this.#prepareForSteps(assignment);
    this.#channel?.unref();
    this.#runAttempt(attempt)
      .then(async (code) => {
        if (code !== EXIT_COMPLETED || !(await this.#isReset(attempt))) return this.#exit(code);
        this.#attempt = undefined;
        this.#channel?.ref();
        this.#send({ kind: 'idle' });
      })
      .catch((error: unknown) => {
        console.error(error);
        this.#exit(1);
      });
  }

  #prepareForSteps({ staysAfterwards }: Assignment): void {
    this.#hasRun = true;
    // Some programs report progress to a parent if `process.send` exists; their messages would mix
    // with those of the runner. `disconnect` stays, because Node itself calls it.
    Object.assign(process, { send: undefined });
    process.on('SIGTERM', () => this.#onTerminated());
    if (staysAfterwards === true)
      this.#reset = { state: captureProcessState(), eventLoop: watchEventLoop() };
  }

  /** Whether the process can run another attempt. */
  async #isReset({ assignment, stop }: Attempt): Promise<boolean> {
    const reset = this.#reset;
    if (reset === undefined || assignment.staysAfterwards !== true) return false;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return (
      used < limit * MAX_HEAP_SHARE &&
      reset.state.restore() &&
      (await reset.eventLoop.waitUntilEmpty(IDLE_TIMEOUT_MS)) &&
      process.connected &&
      !stop.signal.aborted
    );
  }

  async #runAttempt({ assignment, stop, delivery }: Attempt): Promise<number> {
    const { spec, job, temporaryDirectory, logStream, graceMs, outputFile } = assignment;
    if (outputFile !== undefined) redirectOutput(outputFile);
    const objects = this.#platform.objects(assignment);
    let reads: ReadWatch | undefined;
    const modules = createModules(
      objects,
      this.#platform.codeFolder(assignment),
      () => this.#platform.materialize(),
      assignment.staysAfterwards === true ? this.#modules : undefined,
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
      send: delivery.send,
      jobId: job,
      logStream,
      signal: stop.signal,
      stopGraceMs: graceMs * STEP_GRACE_SHARE,
      temporaryDirectory,
      downloadsFolder: this.#platform.downloadsFolder(assignment),
      clock: createSteadyClock(),
      note: () => reads && readsNote(spec.step, reads),
    });
    reads?.stop();
    await storeUndelivered(objects, spec, job, delivery);
    // Without a parent, no other process ends what the step left running.
    if (!process.connected) killProcessGroup();
    return code;
  }
}

/** Stores the messages that the parent did not accept. */
async function storeUndelivered(
  objects: Objects,
  spec: StepSpec,
  job: string,
  delivery: Delivery,
): Promise<void> {
  const undelivered = delivery.undelivered();
  const reports = storedReports(undelivered);
  const finished = undelivered.find(({ kind }) => kind === 'finished');
  if (reports !== undefined) await objects.put(reportsKey(spec.outputPrefix, job), reports);
  if (finished !== undefined)
    await objects.put(resultKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(finished)));
}

/** Kills this process, which leads its group, and all processes that it started. */
const killProcessGroup = (): boolean => process.kill(-process.pid, 'SIGKILL');

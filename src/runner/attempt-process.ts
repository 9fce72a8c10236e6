/**
 * A process that runs one attempt for a parent: the engine on a laptop, the container's supervisor in AWS. It starts before there is work for it, runs one
 * step, and ends.
 *
 * 1. The outcome is accepted by the parent, or in the object store (`result.json`), before the process ends in order.
 * 2. A process whose parent died does not outlive it by more than the grace.
 * 3. What a step prints goes to the log that the process was started with; nothing of it passes through the parent.
 *
 * Loaded for every step: what is imported here, and by what it imports, is paid for by every step.
 *
 * @module
 */

import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers';
import { getHeapStatistics } from 'node:v8';
import { reportsKey, resultKey } from '../model/object-layout.ts';
import type { Objects } from '../ports/objects.ts';
import { createDelivery } from './delivery.ts';
import { StepCodeError, StepStoppedError } from './errors.ts';
import { createModules, type Materialize } from './modules.ts';
import type { Assignment, FromRunner, ToRunner } from './protocol.ts';
import { runStep } from './run-step.ts';

/** What is different on a laptop and in a container. */
export interface RunnerPlatform {
  objects(assignment: Assignment): Objects;
  materialize(): Promise<Materialize>;
}

/** A SIGTERM of the parent comes after a word that explains it; of anybody else, alone. */
const STOP_MESSAGE_WAIT_MS = 20;
const EXIT_NO_PARENT = 70;
/** The rest is for telling the outcome, before the parent kills the process. */
const STEP_GRACE_SHARE = 0.8;

/** Serves the one assignment that the process is given over its IPC channel. */
export function serveAttempt(platform: RunnerPlatform): void {
  // Taken before a step can change them.
  const { exit, channel } = process;
  const post = process.send?.bind(process);
  if (post === undefined || channel === undefined) {
    process.stderr.write('this program is started by Headrace\n');
    exit.call(process, EXIT_NO_PARENT);
  }

  /** A channel that breaks is noticed by its end; without somebody to tell, the failure to send would end the step. */
  const postMessage = (message: FromRunner) =>
    void post?.(message, undefined, undefined, () => undefined);
  const delivery = createDelivery(postMessage, (waiting) =>
    waiting ? channel?.ref() : channel?.unref(),
  );
  const stop = new AbortController();
  let assignment: Assignment | undefined;

  process.on('message', (message: ToRunner) => {
    switch (message.kind) {
      case 'run':
        assignment ??= startAttempt(message.assignment);
        break;
      case 'accepted':
        delivery.onAccepted(message.id);
        break;
      case 'stop':
        stop.abort(new StepStoppedError(message.cause, message.reason));
        break;
      default:
        message satisfies never;
    }
  });

  process.on('disconnect', () => {
    if (assignment === undefined) exit.call(process, EXIT_NO_PARENT);
    delivery.onDisconnected();
    // All that the step started goes with it.
    setTimeout(killProcessGroup, assignment?.graceMs ?? 0).unref();
  });

  postMessage({ kind: 'ready', heapLimit: getHeapStatistics().heap_size_limit });

  function startAttempt(received: Assignment): Assignment {
    // Programs that tell their parent of their progress, if there is one to tell, would speak in our place. Not `disconnect`: Node itself calls it.
    Object.assign(process, { send: undefined });
    process.on('SIGTERM', () => {
      setTimeout(
        () => stop.abort(new StepStoppedError('terminated', 'the process was sent SIGTERM')),
        STOP_MESSAGE_WAIT_MS,
      );
    });
    channel?.unref();
    runAttempt(received).then(
      (code) => exit.call(process, code),
      (error: unknown) => {
        console.error(error);
        exit.call(process, 1);
      },
    );
    return received;
  }

  async function runAttempt(received: Assignment): Promise<number> {
    const { spec, job, home, temporaryDirectory, logStream, graceMs } = received;
    const objects = platform.objects(received);
    const modules = createModules(objects, join(home, 'cache', 'modules'), platform.materialize);
    const code = await runStep(spec, {
      ...modules,
      objects,
      async loadCode() {
        changeDirectory(resolve(spec.projectRoot ?? '.', spec.workingDir ?? '.'));
        return modules.loadCode(spec);
      },
      send: delivery.send,
      jobId: job,
      logStream,
      signal: stop.signal,
      stopGraceMs: graceMs * STEP_GRACE_SHARE,
      temporaryDirectory,
      clock: { now: Date.now },
    });
    const undelivered = delivery.undelivered();
    const reports = undelivered.filter(({ kind }) => kind === 'reported');
    const finished = undelivered.find(({ kind }) => kind === 'finished');
    if (reports.length > 0)
      await objects.put(reportsKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(reports)));
    if (finished !== undefined)
      await objects.put(resultKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(finished)));
    // Without a parent nobody else would end what the step left running.
    if (!process.connected) killProcessGroup();
    return code;
  }
}

/** This process, which leads its group, and all that it started. */
const killProcessGroup = (): boolean => process.kill(-process.pid, 'SIGKILL');

function changeDirectory(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    throw new StepCodeError(
      `the working directory ${directory} cannot be entered: ${String(error)}`,
    );
  }
}

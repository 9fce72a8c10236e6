/**
 * Supervises one attempt in a container, from its spec to the exit code.
 *
 * 1. `started` is sent before the environment is prepared: the owner of the attempt is known early,
 *    and a second job for it is terminated.
 * 2. An outcome is sent in every case: the step's own, or the failure of its process or
 *    environment.
 * 3. The outcome is accepted by the queue, or stored as an object, before the container exits in
 *    order. With a stored outcome the exit code is 0, so that the controller reads it.
 * 4. The supervisor enforces the limits of the step and of the container; Batch's limit is later. A
 *    SIGTERM therefore means a reclaimed machine. An abort needs no report: the controller that
 *    requested it already knows.
 *
 * @module
 */
import { join } from 'node:path';
import { containerTimeoutSeconds } from '../../model/container.ts';
import type { ContainerSpec } from '../../model/group-spec.ts';
import { reportsKey, resultKey } from '../../model/object-layout.ts';
import type { RunnerMessage } from '../../model/spec.ts';
import type { Objects } from '../../ports/objects.ts';
import { failureOf } from '../failure.ts';
import { startTimer } from '../long-timer.ts';
import type { PersistentDelivery } from './persistent-delivery.ts';
import { prepare, type StepEnvironment } from './prepare.ts';
import { failureOfStop, reclaimedError, timeLimitError } from './process-failure.ts';
import type { ReadSecrets } from './secrets.ts';
import { runStepProcess } from './step-process.ts';

export interface ContainerContext {
  readonly containerSpec: ContainerSpec;
  /** The id of the container in its messages. */
  readonly job: string;
  readonly logStream: string | undefined;
  readonly delivery: PersistentDelivery;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly objects: Pick<Objects, 'put' | 'putIfAbsent' | 'get' | 'stream'>;
  readonly readSecrets: ReadSecrets;
  readonly environment: NodeJS.ProcessEnv;
  /** The image's working directory. */
  readonly cwd: string;
  /** Creates a folder of this job alone. */
  makeFolder(): Promise<string>;
  /** The arguments of Node.js for the step's process: its options, then the program. */
  readonly command: readonly string[];
  /** The time between SIGTERM and SIGKILL of the container. */
  readonly graceMs: number;
  onTerminate(listener: () => void): void;
}

/** The rest of the grace period is for sending the outcome. */
const STEP_PROCESS_GRACE_SHARE = 0.6;
const EXIT_FAILED = 1;

export async function supervise(container: ContainerContext): Promise<number> {
  const { containerSpec, job, delivery, logStream } = container;
  const { spec } = containerSpec;
  const stop = new AbortController();
  container.onTerminate(() => {
    delivery.onTerminating();
    stop.abort(reclaimedError());
  });
  const { timeoutSeconds: limit } = spec;
  const cancelLimit =
    limit === null
      ? () => undefined
      : startTimer(container.startedAt + containerTimeoutSeconds(limit) * 1000 - Date.now(), () =>
          stop.abort(timeLimitError(limit)),
        );

  const identity = () => ({
    run: spec.run,
    call: spec.call,
    attempt: spec.attempt,
    job,
    token: spec.token,
    at: Date.now(),
  });
  const started = delivery.send({
    kind: 'started',
    ...identity(),
    ...(logStream === undefined ? {} : { logStream }),
  });

  const finish = async (
    outcome: Extract<RunnerMessage, { kind: 'finished' }>['outcome'],
    exitCode: number,
  ) => {
    await delivery.send({ kind: 'finished', ...identity(), outcome });
    return (await storeUndelivered(container)) ? 0 : exitCode;
  };

  let stepEnvironment: StepEnvironment;
  let folder: string;
  try {
    folder = await container.makeFolder();
    stepEnvironment = await prepare(containerSpec, { ...container, folder, signal: stop.signal });
  } catch (error) {
    cancelLimit();
    await started;
    return finish(
      stop.signal.aborted
        ? failureOfStop(stop.signal.reason)
        : { ok: false, error: failureOf(error) },
      EXIT_FAILED,
    );
  }

  const running = runStepProcess({
    command: container.command,
    environment: stepEnvironment,
    stop,
    assignment: {
      // The step's process gets neither the token nor the queue, and no import paths of another
      // machine.
      spec: {
        ...spec,
        token: '',
        resolvedImports: {},
        serializers: spec.serializers && { ...spec.serializers, resolvedImports: {} },
        projectRoot: stepEnvironment.cwd,
        workingDir: null,
      },
      job,
      home: stepEnvironment.home,
      temporaryDirectory: join(folder, 'step'),
      logStream: logStream ?? '',
      graceMs: container.graceMs * STEP_PROCESS_GRACE_SHARE,
    },
    deliver: async (message) => {
      // `started` was sent before; a second one would replace the name of the log stream.
      if (message.kind !== 'started')
        await delivery.send({ ...message, ...identity(), at: message.at });
    },
  });
  // The outcome is final.
  running.finally(cancelLimit).catch(() => undefined);
  const { exitCode, unreportedOutcome } = await running.catch((error: unknown) => ({
    exitCode: EXIT_FAILED,
    unreportedOutcome: { ok: false, error: failureOf(error) } as const,
  }));
  if (unreportedOutcome !== undefined) return finish(unreportedOutcome, exitCode);
  return (await storeUndelivered(container)) ? 0 : exitCode;
}

/** Stores messages that the queue did not accept. Returns whether an outcome is among them. */
async function storeUndelivered({
  containerSpec,
  job,
  delivery,
  objects,
}: ContainerContext): Promise<boolean> {
  const undelivered = delivery.undelivered();
  const reports = undelivered.filter(({ kind }) => kind === 'reported');
  const finished = undelivered.find(({ kind }) => kind === 'finished');
  if (reports.length > 0)
    await objects.put(
      reportsKey(containerSpec.spec.outputPrefix, job),
      Buffer.from(JSON.stringify(reports)),
    );
  if (finished === undefined) return false;
  await objects.put(
    resultKey(containerSpec.spec.outputPrefix, job),
    Buffer.from(JSON.stringify(finished)),
  );
  return true;
}

/**
 * Supervises one attempt in a container or a function, from its spec to the exit code.
 *
 * 1. `started` is sent before the environment is prepared: the owner of the attempt is known early,
 *    and a second job for it is terminated.
 * 2. An outcome is sent in every case: the step's own, or the failure of its process or
 *    environment.
 * 3. The outcome is accepted by the queue, or stored as an object, before the container exits in
 *    order. With a stored outcome the exit code is not 0, so that the end of the job is reported and
 *    the controller reads the object.
 * 4. The supervisor enforces the limits of the step and of the container; Batch's limit is later. A
 *    SIGTERM therefore means a reclaimed machine. An abort needs no report: the controller that
 *    requested it already knows.
 * 5. In a function, the step's code starts only once the queue has accepted `started`: a message
 *    that is delivered again then shows whether anything was executed.
 *
 * @module
 */
import { join } from 'node:path';
import { containerTimeoutSeconds, EXIT_OUTCOME_STORED } from '../../model/container.ts';
import { toErrorRecord } from '../../model/error-record.ts';
import type { ContainerSpec } from '../../model/group-spec.ts';
import { HeadraceError } from '../../model/headrace-error.ts';
import { reportsKey, resultKey } from '../../model/object-layout.ts';
import type { Objects } from '../../ports/objects.ts';
import type { StepStoppedError } from '../../sdk/stop-errors.ts';
import { startTimer } from '../long-timer.ts';
import type { Assignment } from '../protocol.ts';
import { storedReports } from '../stored-reports.ts';
import type { PersistentDelivery } from './persistent-delivery.ts';
import { prepare, type StepEnvironment } from './prepare.ts';
import { failureOfStop, reclaimedError, timeLimitError } from './process-failure.ts';
import type { ReadSecrets } from './secrets.ts';
import { runStepProcess, type StepProcessResult } from './step-process.ts';

export interface ContainerContext {
  readonly containerSpec: ContainerSpec;
  /** The id of the container in its messages. */
  readonly job: string;
  readonly logStream: string | undefined;
  readonly delivery: PersistentDelivery;
  /** The milliseconds since the container started. */
  ageMs(): number;
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
  onTerminate(listener: (reason?: StepStoppedError) => void): void;
  /** Only in a function. */
  readonly invocation?: InvocationContext | undefined;
}

export interface InvocationContext {
  /** The milliseconds after which the attempt is stopped, and the reason. */
  readonly limit: { readonly afterMs: number; readonly error: StepStoppedError };
  /** Resolves to whether the attempt was stopped before its code started. */
  isStopped(): Promise<boolean>;
}

/** The code of the step was not started. */
export class AttemptNotStartedError extends HeadraceError {
  constructor(readonly reason: 'stopped' | 'unreported') {
    super(
      reason === 'stopped'
        ? 'the attempt was stopped before its code started'
        : 'the queue of transitions did not accept that the attempt starts',
    );
  }
}

/** The rest of the grace period is for sending the outcome. */
const STEP_PROCESS_GRACE_SHARE = 0.6;
const EXIT_FAILED = 1;

/**
 * Resolves to the exit code.
 *
 * @throws AttemptNotStartedError only in a function
 */
export async function supervise(container: ContainerContext): Promise<number> {
  const { delivery, logStream, invocation } = container;
  const stop = new AbortController();
  container.onTerminate((reason = reclaimedError()) => {
    if (reason.stopCause === 'reclaimed') delivery.onTerminating();
    stop.abort(reason);
  });
  const cancelLimit = startTimeLimits(container, stop);
  const started = delivery.send({
    kind: 'started',
    ...messageHead(container),
    ...(logStream === undefined ? {} : { logStream }),
  });
  const admission = invocation && requireStart(invocation, started, delivery);
  admission?.catch(() => undefined);
  const { exitCode, unreportedOutcome } = await execute(container, stop, admission, cancelLimit);
  await admission;
  await started;
  if (unreportedOutcome !== undefined)
    await delivery.send({
      kind: 'finished',
      ...messageHead(container),
      outcome: unreportedOutcome,
    });
  return (await storeUndelivered(container)) ? EXIT_OUTCOME_STORED : exitCode;
}

/** @throws AttemptNotStartedError */
async function requireStart(
  { isStopped }: InvocationContext,
  started: Promise<void>,
  delivery: PersistentDelivery,
): Promise<void> {
  const [stopped] = await Promise.all([isStopped(), started]);
  if (stopped) throw new AttemptNotStartedError('stopped');
  if (delivery.undelivered().length > 0) throw new AttemptNotStartedError('unreported');
}

/** The fields of every message of the attempt. */
function messageHead({ containerSpec: { spec }, job }: ContainerContext) {
  const { run, call, attempt, token } = spec;
  return { run, call, attempt, job, token, at: Date.now() };
}

/**
 * Stops the attempt at the limit of its container, or of its function. The returned function
 * cancels the limits.
 */
function startTimeLimits(
  { containerSpec: { spec }, ageMs, invocation }: ContainerContext,
  stop: AbortController,
): () => void {
  const { timeoutSeconds: limit } = spec;
  const timers: (() => void)[] = [];
  if (limit !== null)
    timers.push(
      startTimer(containerTimeoutSeconds(limit) * 1000 - ageMs(), () =>
        stop.abort(timeLimitError(limit)),
      ),
    );
  if (invocation !== undefined) {
    const { afterMs, error } = invocation.limit;
    timers.push(startTimer(afterMs, () => stop.abort(error)));
  }
  return () => {
    for (const cancel of timers) cancel();
  };
}

/** Prepares the environment and runs the step's process. */
async function execute(
  container: ContainerContext,
  stop: AbortController,
  admission: Promise<void> | undefined,
  cancelLimit: () => void,
): Promise<StepProcessResult> {
  try {
    const folder = await container.makeFolder();
    const environment = await prepare(container.containerSpec, {
      ...container,
      folder,
      signal: stop.signal,
    });
    return await runStepProcess({
      command: container.command,
      environment,
      stop,
      admission,
      assignment: assignmentOf(container, environment, folder),
      deliver: async (message) => {
        // `started` was sent before; a second one would replace the name of the log stream.
        if (message.kind !== 'started')
          await container.delivery.send({
            ...message,
            ...messageHead(container),
            at: message.at,
          });
      },
    }).catch((error: unknown) => failedWith({ ok: false, error: toErrorRecord(error) }));
  } catch (error) {
    // The signal interrupts the preparation with its reason.
    return failedWith(
      stop.signal.aborted
        ? failureOfStop(stop.signal.reason)
        : { ok: false, error: toErrorRecord(error) },
    );
  } finally {
    cancelLimit();
  }
}

const failedWith = (
  unreportedOutcome: NonNullable<StepProcessResult['unreportedOutcome']>,
): StepProcessResult => ({ exitCode: EXIT_FAILED, unreportedOutcome });

/** The step's process gets neither the token nor the import paths of another machine. */
function assignmentOf(
  { containerSpec: { spec }, job, logStream, graceMs }: ContainerContext,
  { cwd, home }: StepEnvironment,
  folder: string,
): Assignment {
  return {
    spec: {
      ...spec,
      token: '',
      resolvedImports: {},
      serializers: spec.serializers && { ...spec.serializers, resolvedImports: {} },
      projectRoot: cwd,
      workingDir: null,
    },
    job,
    home,
    temporaryDirectory: join(folder, 'step'),
    logStream: logStream ?? '',
    graceMs: graceMs * STEP_PROCESS_GRACE_SHARE,
  };
}

/** Stores messages that the queue did not accept. Returns whether an outcome is among them. */
async function storeUndelivered({
  containerSpec,
  job,
  delivery,
  objects,
}: ContainerContext): Promise<boolean> {
  const undelivered = delivery.undelivered();
  const reports = storedReports(undelivered);
  const finished = undelivered.find(({ kind }) => kind === 'finished');
  if (reports !== undefined)
    await objects.put(reportsKey(containerSpec.spec.outputPrefix, job), reports);
  if (finished === undefined) return false;
  await objects.put(
    resultKey(containerSpec.spec.outputPrefix, job),
    Buffer.from(JSON.stringify(finished)),
  );
  return true;
}

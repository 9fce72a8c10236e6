/**
 * Executes one attempt of a step in a function, with the supervisor of containers.
 *
 * 1. An attempt that was stopped before does not start, and reports nothing: the controller has
 *    recorded its end.
 * 2. A result that the queue did not accept is an object. The handler then fails, and the next
 *    delivery of the message makes the controller read it.
 * 3. Nothing of an attempt remains in the environment for the next one, except installed packages.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepInvocation } from '../../src/aws/jobs/step-invocation.ts';
import { nameInvocationLog } from '../../src/aws/observability/invocation-log.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import type { ContainerSpec } from '../../src/model/group-spec.ts';
import { HeadraceError } from '../../src/model/headrace-error.ts';
import type { Transitions } from '../../src/ports/transitions.ts';
import { heapArguments } from '../../src/runner/container/heap-arguments.ts';
import {
  createPersistentDelivery,
  DEFAULT_RETRY_POLICY,
  type PersistentDelivery,
} from '../../src/runner/container/persistent-delivery.ts';
import {
  AttemptNotStartedError,
  type ContainerContext,
  supervise,
} from '../../src/runner/container/supervisor.ts';
import { StepStoppedError, StepTimeoutError } from '../../src/sdk/stop-errors.ts';
import type { StepServices } from './assemble.ts';
import { stepVariables } from './environment.ts';
import { isStopped, watchForStop } from './stop-objects.ts';

/** The part of Lambda's context that an attempt needs. */
export interface InvocationLimits {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

interface Execution extends Pick<StepServices, 'bucket' | 'readSecrets'> {
  readonly objects: ContainerContext['objects'];
  readonly job: string;
  readonly context: InvocationLimits;
  /** Of this attempt alone. */
  readonly delivery: PersistentDelivery;
  /** The path of the program of the step's process. */
  readonly program: string;
}

/** The step is stopped this long before the end of the function, to report its outcome. */
const REPORT_MS = 8_000;
const GRACE_MS = 5_000;
const DELIVERY_TIMEOUT_MS = 15_000;

export const stepDelivery = (transitions: Transitions): PersistentDelivery =>
  createPersistentDelivery(transitions, {
    ...DEFAULT_RETRY_POLICY,
    timeoutMs: DELIVERY_TIMEOUT_MS,
  });

/** The result is in the object store: the message must be delivered again. */
class ResultUndeliveredError extends HeadraceError {
  constructor() {
    super('the queue of transitions did not accept the result of the step, which was stored');
  }
}

export async function executeAttempt(
  containerSpec: ContainerSpec,
  invocation: StepInvocation,
  { job, context, objects, delivery, bucket, readSecrets, program }: Execution,
): Promise<void> {
  const startedAt = Date.now();
  const afterMs = context.getRemainingTimeInMillis() - REPORT_MS;
  const stopKeys = { ...invocation, run: containerSpec.spec.run, execution: job };
  const folder = await mkdtemp(join(tmpdir(), 'headrace-'));
  let unwatch: () => void = () => undefined;
  try {
    await supervise({
      containerSpec,
      job,
      logStream: logStreamOf(context.awsRequestId, startedAt),
      ageMs: () => Date.now() - startedAt,
      delivery,
      objects,
      readSecrets,
      environment: stepVariables(process.env, await subfolder(folder, 'home')),
      cwd: await subfolder(folder, 'work'),
      makeFolder: async () => folder,
      command: [...heapArguments(), program, bucket],
      graceMs: GRACE_MS,
      onTerminate(listener) {
        unwatch = watchForStop(objects, stopKeys, () =>
          listener(new StepStoppedError('abort', 'the run is being aborted')),
        );
      },
      invocation: {
        limit: {
          afterMs,
          error: new StepTimeoutError(
            `ran longer than the ${Math.floor(afterMs / 1000)} s that its queue gives a step`,
          ),
        },
        isStopped: () => isStopped(objects, stopKeys),
      },
    });
    if (delivery.undelivered().some(({ kind }) => kind === 'finished'))
      throw new ResultUndeliveredError();
  } catch (error) {
    if (!(error instanceof AttemptNotStartedError) || error.reason !== 'stopped') throw error;
    log.info('attempt stopped before it started', { job });
  } finally {
    unwatch();
    await rm(folder, { recursive: true, force: true });
  }
}

function logStreamOf(request: string, startedAt: number): string | undefined {
  const { AWS_LAMBDA_LOG_GROUP_NAME: group, AWS_LAMBDA_LOG_STREAM_NAME: stream } = process.env;
  return group === undefined || stream === undefined
    ? undefined
    : nameInvocationLog({ group, stream, request, startedAt });
}

async function subfolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  return folder;
}

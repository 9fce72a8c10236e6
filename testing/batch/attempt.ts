/**
 * One attempt of a job: its task from the first container to the last, with the timeout and every
 * other reason to stop it.
 *
 * 1. A stopped attempt fails, whatever the exit codes of its containers. Its cause is the first
 *    reason to stop it, but a termination always replaces another cause.
 * 2. The timeout starts when the job runs, not when it is placed.
 *
 * @module
 */

import { type ArnScope, ecsArn } from './arns.ts';
import { type ComputeEnvironment, isFargate } from './compute.ts';
import type { ContainerPlan, Executor } from './executor.ts';
import type { AttemptRecord, ContainerRecord, Job, StopCause } from './job.ts';
import { DEFAULT_GROUP, type Logs } from './logs.ts';
import { DEFAULT_CONTAINER } from './resolve.ts';
import { resourcesOf } from './resources.ts';
import type { TaskContainer } from './shapes.ts';
import { Task, type TaskMember } from './task.ts';

/** The variables that the platform adds to a container's own. */
export interface Injection {
  /** The container's own variables override these. */
  readonly base: Readonly<Record<string, string>>;
  /** These override the container's own variables. */
  readonly over: Readonly<Record<string, string>>;
}

export interface Injector {
  /**
   * @throws Error with the reason why the task cannot start, such as a secret that cannot be read
   */
  inject(job: Job, attempt: AttemptRecord, container: TaskContainer): Promise<Injection>;
  /** Called when the task ended: its credentials are no longer served. */
  forget(attempt: AttemptRecord): void;
}

export interface AttemptOptions {
  readonly executor: Executor;
  readonly injector: Injector;
  readonly logs: Logs;
  /** Milliseconds from SIGTERM to SIGKILL for a container without a `stopTimeout`. */
  readonly stopGraceMs: number;
  /** Milliseconds that count as a second. */
  readonly secondMs: number;
  readonly warn: (message: string) => void;
}

export interface AttemptResult {
  readonly succeeded: boolean;
  readonly cause: StopCause | undefined;
}

/** The maximum length of a task's overrides in ECS. */
const MAX_OVERRIDES_CHARACTERS = 8192;
/** The length of the overrides with Batch's own variables, in the form that ECS counts. */
const overridesWithBatch = (job: Job): number =>
  job.spec.overridesLength === 0
    ? 0
    : job.spec.overridesLength +
      JSON.stringify(Object.entries(batchVariables(job)).map(([name, value]) => ({ name, value })))
        .length;

export function batchVariables(job: Job): Readonly<Record<string, string>> {
  return {
    AWS_BATCH_JOB_ID: job.id,
    AWS_BATCH_JQ_NAME: job.spec.queue.name,
    AWS_BATCH_CE_NAME: job.environment?.name ?? '',
    AWS_BATCH_JOB_ATTEMPT: String(job.attempts.length + 1),
    ...(job.index !== undefined && {
      AWS_BATCH_JOB_ARRAY_INDEX: String(job.index),
      AWS_BATCH_JOB_ARRAY_SIZE: String(job.parent?.children?.length),
    }),
  };
}

export const containersOf = ({ spec: { properties } }: Job): readonly TaskContainer[] =>
  properties.form === 'ecs'
    ? properties.task.containers
    : [{ ...properties.container, name: DEFAULT_CONTAINER }];

export function newAttempt(
  scope: ArnScope,
  job: Job,
  environment: ComputeEnvironment,
): AttemptRecord {
  const taskId = crypto.randomUUID().replaceAll('-', '');
  const cluster = `AWSBatch-${environment.name}`;
  const containers = containersOf(job).map((container): ContainerRecord => {
    const prefix =
      container.logConfiguration?.options?.['awslogs-stream-prefix'] ?? job.spec.definition.name;
    const name = container.name ?? DEFAULT_CONTAINER;
    return {
      name,
      logStreamName: `${prefix}/${name}/${taskId}`,
      exitCode: undefined,
      reason: undefined,
    };
  });
  return {
    taskId,
    taskArn: ecsArn(scope, 'task', cluster, taskId),
    containerInstanceArn: isFargate(environment)
      ? undefined
      : ecsArn(
          scope,
          'container-instance',
          cluster,
          taskId.toUpperCase().slice(0, 16).toLowerCase(),
        ),
    containers,
    startedAt: undefined,
    stoppedAt: undefined,
    statusReason: undefined,
  };
}

/**
 * Runs an attempt to its end, and records the result in it.
 *
 * @param onRunning called once, when the job runs
 */
export async function runAttempt(
  options: AttemptOptions,
  job: Job,
  attempt: AttemptRecord,
  onRunning: () => void,
): Promise<AttemptResult> {
  if (overridesWithBatch(job) > MAX_OVERRIDES_CHARACTERS) {
    attempt.statusReason = `Error executing request, Exception : Container Overrides length must be at most ${MAX_OVERRIDES_CHARACTERS}, RequestId: ${crypto.randomUUID()}`;
    return { succeeded: false, cause: { kind: 'terminate', reason: attempt.statusReason } };
  }
  let cause: StopCause | undefined;
  let task: Task | undefined;
  let timer: NodeJS.Timeout | undefined;
  job.stop = (requested) => {
    if (cause === undefined || requested.kind === 'terminate') cause = requested;
    task?.stop(requested.kind === 'reclaim' && requested.kill);
  };
  const { properties } = job.spec;
  const volumes =
    (properties.form === 'ecs' ? properties.task.volumes : properties.container.volumes) ?? [];
  let succeeded = false;
  try {
    const members = await Promise.all(
      containersOf(job).map((container) => memberOf(options, job, attempt, container)),
    );
    const runtime = await options.executor.open({ taskId: attempt.taskId, volumes });
    if (cause === undefined) {
      task = new Task(runtime, members, () => {
        const seconds = job.spec.timeoutSeconds;
        if (seconds !== undefined)
          timer = setTimeout(
            () => job.stop?.({ kind: 'timeout', reason: 'Job attempt duration exceeded timeout' }),
            seconds * options.secondMs,
          );
        onRunning();
      });
      const result = await task.ended;
      for (const container of attempt.containers) {
        container.exitCode = result.exits.get(container.name)?.exitCode;
        container.reason = result.exits.get(container.name)?.reason;
      }
      attempt.statusReason = result.started
        ? 'Essential container in task exited'
        : 'Task failed to start';
      succeeded = result.succeeded;
    }
    // A failure to remove the task does not change the job's result.
    await runtime
      .remove()
      .catch((error) =>
        options.warn(
          `The containers or volumes of job ${job.id} were not removed: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
  } catch (error) {
    attempt.statusReason = 'Task failed to start';
    const main = attempt.containers.find(
      (_, index) => containersOf(job)[index]?.essential !== false,
    );
    if (main !== undefined) main.reason = error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
    job.stop = undefined;
    options.injector.forget(attempt);
  }
  return { succeeded: succeeded && cause === undefined, cause };
}

async function memberOf(
  options: AttemptOptions,
  job: Job,
  attempt: AttemptRecord,
  container: TaskContainer,
): Promise<TaskMember> {
  const record = attempt.containers.find(
    ({ name }) => name === (container.name ?? DEFAULT_CONTAINER),
  );
  const { base, over } = await options.injector.inject(job, attempt, container);
  const own = Object.fromEntries(
    (container.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
  );
  const plan: ContainerPlan = {
    name: record?.name ?? DEFAULT_CONTAINER,
    image: container.image,
    command: container.command,
    environment: { ...base, ...own, ...over },
    mountPoints: container.mountPoints ?? [],
    ...resourcesOf(job.spec.platform, container),
    user: container.user,
    privileged: container.privileged,
    readonlyRootFilesystem: container.readonlyRootFilesystem,
    ulimits: container.ulimits,
    linuxParameters: container.linuxParameters,
  };
  const group = container.logConfiguration?.options?.['awslogs-group'] ?? DEFAULT_GROUP;
  return {
    plan,
    essential: container.essential !== false,
    dependsOn: container.dependsOn ?? [],
    graceMs:
      container.stopTimeout === undefined
        ? options.stopGraceMs
        : container.stopTimeout * options.secondMs,
    write: (line) => options.logs.write(group, record?.logStreamName ?? plan.name, line),
  };
}

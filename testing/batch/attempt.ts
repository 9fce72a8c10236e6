/**
 * One attempt of a job: its task from the first container to the last, with the timeout and
 * whatever stops it.
 *
 * 1. An attempt that was stopped failed, whatever its containers' exit codes; the first cause that
 *    stopped it names it, but a termination always does.
 * 2. The timeout counts from when the job runs, not from when it was placed.
 *
 * @module
 */
import { type ComputeEnvironment, isFargate } from './compute.ts';
import type { ContainerPlan, Executor } from './executor.ts';
import type { AttemptRecord, ContainerRecord, Job, StopCause } from './job.ts';
import { DEFAULT_GROUP, type Logs } from './logs.ts';
import type { Place } from './place.ts';
import { ecsArn } from './place.ts';
import { DEFAULT_CONTAINER } from './resolve.ts';
import { resourcesOf } from './resources.ts';
import type { TaskContainer } from './shapes.ts';
import { Task, type TaskMember } from './task.ts';

/** Makes the variables that the platform adds to a container's own. */
export interface Injection {
  /** Put under the container's own variables. */
  readonly base: Readonly<Record<string, string>>;
  /** Put over them. */
  readonly over: Readonly<Record<string, string>>;
}

export interface Injector {
  /**
   * @throws Error whose message tells why the task cannot start, such as a secret that cannot be
   *   read
   */
  inject(job: Job, attempt: AttemptRecord, container: TaskContainer): Promise<Injection>;
  /** The task ended: its credentials are no longer served. */
  forget(attempt: AttemptRecord): void;
}

export interface AttemptOptions {
  readonly executor: Executor;
  readonly injector: Injector;
  readonly logs: Logs;
  /** Milliseconds from SIGTERM to SIGKILL where the container does not say. */
  readonly stopGraceMs: number;
  /** Milliseconds that count as a second. */
  readonly secondMs: number;
  readonly warn: (sentence: string) => void;
}

export interface AttemptEnd {
  readonly succeeded: boolean;
  readonly cause: StopCause | undefined;
}

/** ECS refuses more than this as the overrides of a task. */
const MAX_OVERRIDES = 8192;
/** How ECS writes down the variables that Batch itself adds to the overrides. */
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

export function newAttempt(place: Place, job: Job, environment: ComputeEnvironment): AttemptRecord {
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
    taskArn: ecsArn(place, 'task', cluster, taskId),
    containerInstanceArn: isFargate(environment)
      ? undefined
      : ecsArn(
          place,
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
 * Runs an attempt to its end, and writes into it how it ended.
 *
 * @param onRunning Called once, when the job runs.
 */
export async function runAttempt(
  options: AttemptOptions,
  job: Job,
  attempt: AttemptRecord,
  onRunning: () => void,
): Promise<AttemptEnd> {
  const cut = overridesWithBatch(job);
  if (cut > MAX_OVERRIDES) {
    attempt.statusReason = `Error executing request, Exception : Container Overrides length must be at most ${MAX_OVERRIDES}, RequestId: ${crypto.randomUUID()}`;
    return { succeeded: false, cause: { kind: 'terminate', reason: attempt.statusReason } };
  }
  let cause: StopCause | undefined;
  let task: Task | undefined;
  let timer: NodeJS.Timeout | undefined;
  job.stop = (asked) => {
    if (cause === undefined || asked.kind === 'terminate') cause = asked;
    task?.stop(asked.kind === 'reclaim' && asked.kill);
  };
  const { properties } = job.spec;
  const volumes =
    (properties.form === 'ecs' ? properties.task.volumes : properties.container.volumes) ?? [];
  let succeeded = false;
  try {
    const members = await Promise.all(
      containersOf(job).map((container) => memberOf(options, job, attempt, container)),
    );
    const place = await options.executor.open({ taskId: attempt.taskId, volumes });
    if (cause === undefined) {
      task = new Task(place, members, () => {
        const seconds = job.spec.timeoutSeconds;
        if (seconds !== undefined)
          timer = setTimeout(
            () => job.stop?.({ kind: 'timeout', reason: 'Job attempt duration exceeded timeout' }),
            seconds * options.secondMs,
          );
        onRunning();
      });
      const { ends, started, succeeded: good } = await task.ended;
      for (const container of attempt.containers) {
        container.exitCode = ends.get(container.name)?.exitCode;
        container.reason = ends.get(container.name)?.reason;
      }
      attempt.statusReason = started
        ? 'Essential container in task exited'
        : 'Task failed to start';
      succeeded = good;
    }
    // What stays behind is no part of how the job ended.
    await place
      .remove()
      .catch((error) =>
        options.warn(
          `Job ${job.id} left something behind: ${error instanceof Error ? error.message : String(error)}`,
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

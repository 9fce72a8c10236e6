/**
 * Converts jobs to the form of the Describe and List operations and of events.
 *
 * @module
 */
import type { AttemptRecord, Job } from './job.ts';
import type { ContainerProperties, TaskProperties } from './shapes.ts';

export function jobDetail(job: Job): object {
  const { spec, attempt } = job;
  const { properties } = spec;
  return {
    jobArn: job.arn,
    jobName: spec.name,
    jobId: job.id,
    jobQueue: spec.queue.arn,
    status: job.status,
    ...(spec.submission.shareIdentifier !== undefined && {
      shareIdentifier: spec.submission.shareIdentifier,
    }),
    attempts: job.attempts.map((each) => attemptDetail(job, each)),
    statusReason: job.statusReason,
    createdAt: job.createdAt,
    retryStrategy: {
      attempts: spec.retry?.attempts ?? 1,
      evaluateOnExit: spec.retry?.evaluateOnExit ?? [],
    },
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    dependsOn: spec.submission.dependsOn ?? [],
    jobDefinition: spec.definition.arn,
    parameters: spec.parameters,
    ...(properties.form === 'container'
      ? { container: containerDetail(properties.container, attempt) }
      : { ecsProperties: { taskProperties: [taskDetail(properties.task, attempt)] } }),
    ...arrayDetail(job),
    ...(spec.timeoutSeconds !== undefined && {
      timeout: { attemptDurationSeconds: spec.timeoutSeconds },
    }),
    tags: describedTags(job),
    propagateTags: spec.submission.propagateTags ?? spec.definition.request.propagateTags ?? false,
    platformCapabilities: spec.definition.request.platformCapabilities ?? [],
    eksAttempts: [],
    isCancelled: job.cancelled,
    isTerminated: job.terminated,
  };
}

function arrayDetail({ children, summary, parent, index }: Job): object {
  if (children !== undefined)
    return { arrayProperties: { size: children.length, statusSummary: { ...summary } } };
  if (parent !== undefined)
    return { arrayProperties: { size: parent.children?.length, index, statusSummary: {} } };
  return {};
}

function containerDetail(
  container: ContainerProperties,
  attempt: AttemptRecord | undefined,
): object {
  const [record] = attempt?.containers ?? [];
  return {
    volumes: [],
    environment: [],
    mountPoints: [],
    ulimits: [],
    networkInterfaces: [],
    secrets: [],
    ...container,
    exitCode: record?.exitCode,
    reason: record?.reason,
    containerInstanceArn: attempt?.containerInstanceArn,
    taskArn: attempt?.taskArn,
    logStreamName: record?.logStreamName,
  };
}

function taskDetail(task: TaskProperties, attempt: AttemptRecord | undefined): object {
  return {
    ...task,
    containers: task.containers.map((container, index) => {
      const record = attempt?.containers[index];
      return {
        ...container,
        exitCode: record?.exitCode,
        reason: record?.reason,
        logStreamName: record?.logStreamName,
        networkInterfaces: [],
      };
    }),
    containerInstanceArn: attempt?.containerInstanceArn,
    taskArn: attempt?.taskArn,
  };
}

function attemptDetail(
  { spec }: Job,
  { containerInstanceArn, taskArn, containers, startedAt, stoppedAt, statusReason }: AttemptRecord,
): object {
  const details = containers.map(({ name, exitCode, reason, logStreamName }) => ({
    name,
    exitCode,
    reason,
    logStreamName,
    networkInterfaces: [],
  }));
  const times = { startedAt, stoppedAt, statusReason };
  if (spec.properties.form === 'ecs')
    return {
      container: { networkInterfaces: [] },
      ...times,
      taskProperties: [{ containerInstanceArn, taskArn, containers: details }],
    };
  const { name: _, ...container } = details[0] ?? { name: '' };
  return {
    container: { containerInstanceArn, taskArn, ...container },
    ...times,
    taskProperties: [],
  };
}

export function jobSummary(job: Job): object {
  const [record] = job.attempt?.containers ?? [];
  return {
    jobArn: job.arn,
    jobId: job.id,
    jobName: job.spec.name,
    createdAt: job.createdAt,
    status: job.status,
    statusReason: job.statusReason,
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    jobDefinition: job.spec.definition.arn,
    ...(record?.exitCode !== undefined && {
      container: { exitCode: record.exitCode, reason: record.reason },
    }),
    ...(job.children !== undefined && {
      arrayProperties: { size: job.children.length, statusSummary: { ...job.summary } },
    }),
    ...(job.index !== undefined && { arrayProperties: { index: job.index } }),
  };
}

/** The tags in descriptions and events: the job's own, and those of its task. */
export const describedTags = ({ parent, spec, tags }: Job): Readonly<Record<string, string>> =>
  parent === undefined ? { ...spec.taskTags, ...tags } : tags;

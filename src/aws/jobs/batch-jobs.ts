/**
 * The jobs port on AWS Batch.
 *
 * 1. A group that may have been submitted before is looked up by its name. Where that cannot be relied on (a job that is not listed yet), a second job is possible and harmless.
 * 2. What Batch will never take is the end of its steps, told as such: nothing waits for a job that cannot be. What it does not take now throws.
 * 3. Only jobs of the group that is named are ended: an id that a step claims is looked for among them.
 * 4. When a whole run ends, an array is ended by one request.
 *
 * `job.ended` of jobs that ran comes from Batch's events (`batch-events.ts`).
 *
 * @module
 */
import {
  type BatchClient,
  BatchServiceException,
  type JobStatus,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { batchJobIdOf, containerJobId } from '../../model/container.ts';
import { DockerArgsError, parseDockerArgs } from '../../model/docker-args.ts';
import { HeadraceError } from '../../model/errors.ts';
import { type JobIndex, type RunId, runIdSchema } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobGroup, Jobs } from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';
import type { Transitions } from '../../ports/transitions.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import type { Log } from '../observability/log.ts';
import { createDefinitionRegistry } from './definition-registry.ts';
import { prefixReason } from './failure-reasons.ts';
import { type DeploymentSettings, stepJobDefinitionOf } from './job-definition.ts';
import { type BatchJob, createJobLookup, memberId } from './job-lookup.ts';
import { ResourcesError } from './resources.ts';
import { submissionOf } from './submission.ts';

export interface BatchJobsOptions {
  readonly client: BatchClient;
  readonly settings: DeploymentSettings;
  readonly objects: Pick<Objects, 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'group' | 'run'>;
  readonly transitions: Transitions;
  readonly clock: Clock;
  readonly log: Log;
}

/** The queue is not one of the deployment's. */
export class UnknownQueueError extends HeadraceError {
  constructor(
    readonly queue: string,
    known: readonly string[],
  ) {
    super(`there is no queue ${queue} in this deployment: it has ${known.join(', ')}`);
  }
}

/** A termination that was asked for so recently is not asked for again: longer than the words of ten thousand members take to be read, shorter than until a sweep. */
const REPEAT_TERMINATION_AFTER_MS = 300_000;
const MAX_REMEMBERED_JOBS = 1000;
const STATES_BY_PRECEDENCE = ['running', 'waiting', 'ended', 'unknown'] as const;

export function createBatchJobs({
  client,
  settings,
  objects,
  tasks,
  transitions,
  clock,
  log,
}: BatchJobsOptions): Jobs {
  const definitions = createDefinitionRegistry(client);
  const lookup = createJobLookup(client, clock);
  const terminated = new Map<string, number>();
  /** Of groups, which never change: a sweep, and the end of a run, ask for one of them once for each of its members. */
  const queues = new Map<string, string>();

  const queueOf = (name: string) =>
    Object.hasOwn(settings.queues, name) ? settings.queues[name] : undefined;
  const queueArn = (queue: string): string => jobQueueArn(settings, settings.prefix, queue);

  async function submitGroup(group: JobGroup, first: StepSpec, isNew: boolean): Promise<void> {
    const queue = queueOf(group.queue);
    if (queue === undefined) throw new UnknownQueueError(group.queue, Object.keys(settings.queues));
    if (!isNew && (await lookup.exists(queueArn(group.queue), group.name))) return;
    const docker = parseDockerArgs(group.container.dockerArgs ?? '', {
      ...queue,
      imageArchitecture: settings.imageArchitecture,
    });
    const definition = stepJobDefinitionOf(
      { project: first.project, queue, image: group.container.docker, docker },
      settings,
    );
    const { input, spec, note } = submissionOf(group, first, definition, docker, settings);
    if (note !== undefined)
      log.info('resources rounded up', {
        run: first.run,
        group: group.name,
        component: first.component,
        note,
      });
    if (spec !== undefined) await objects.putIfAbsent(spec.key, spec.content);
    const submit = async () =>
      client.send(
        new SubmitJobCommand({ ...input, jobDefinition: await definitions.arn(definition) }),
      );
    const { jobId } = await submit().catch((error: unknown) => {
      // Somebody deregistered it.
      if (!isRejectedRequest(error)) throw error;
      definitions.forget(definition);
      return submit();
    });
    if (jobId !== undefined)
      lookup.remember(group.name, { id: jobId, status: undefined, size: group.specs.length });
  }

  async function jobsOf(name: string): Promise<readonly BatchJob[]> {
    const queue = queues.get(name) ?? (await tasks.group(runOf(name), name))?.queue;
    if (queue === undefined || queueOf(queue) === undefined) return [];
    if (queues.size >= MAX_REMEMBERED_JOBS) queues.clear();
    queues.set(name, queue);
    return lookup.withName(queueArn(queue), name);
  }

  /** A moment ago: the members of an array that is ended as a whole ask one after the other. */
  const wasRecentlyTerminated = (id: string): boolean =>
    clock.now() - (terminated.get(id) ?? Number.NEGATIVE_INFINITY) < REPEAT_TERMINATION_AFTER_MS;

  async function terminateJob(id: string, reason: string): Promise<void> {
    if (wasRecentlyTerminated(id)) return;
    try {
      await client.send(new TerminateJobCommand({ jobId: id, reason: prefixReason(reason) }));
    } catch (error) {
      // It ended, and Batch forgot it.
      if (!isRejectedRequest(error)) throw error;
    }
    if (terminated.size >= MAX_REMEMBERED_JOBS) terminated.clear();
    terminated.set(id, clock.now());
  }

  /** Rule 4. */
  async function isRunEnding(run: RunId): Promise<boolean> {
    const head = (await tasks.run(run))?.head;
    return head !== undefined && (head.status === 'aborting' || head.endedAt !== null);
  }

  return {
    async submit(group, isNew = false) {
      const [first] = group.specs;
      if (first === undefined) return;
      try {
        await submitGroup(group, first, isNew);
      } catch (error) {
        if (!isPermanentFailure(error)) throw error;
        log.error('group refused', { run: first.run, group: group.name, reason: String(error) });
        const reason = `could not be launched: ${error instanceof Error ? error.message : String(error)}`;
        await transitions.send(
          group.specs.map((spec, index) =>
            rejectedCompletion(spec, group.name, index, reason, clock.now()),
          ),
        );
      }
    },

    async state({ name, index }) {
      const states = await Promise.all(
        (await jobsOf(name)).map(async (job) => stateOf(await lookup.status(job, index))),
      );
      return STATES_BY_PRECEDENCE.find((state) => states.includes(state)) ?? 'unknown';
    },

    async terminate(job: JobIndex, reason, id) {
      const jobs = await jobsOf(job.name);
      if (id !== undefined) {
        const ownJob = jobs
          .map((each) => memberId(each, job.index))
          .find((member) => member === batchJobIdOf(id));
        if (ownJob !== undefined) await terminateJob(ownJob, reason);
        return;
      }
      for (const each of jobs) {
        if (wasRecentlyTerminated(each.id)) continue;
        const wholeArray = each.size > 1 && (await isRunEnding(runOf(job.name)));
        await terminateJob(wholeArray ? each.id : memberId(each, job.index), reason);
      }
    },
  };
}

/** The first part of a group's name (`jobName`). */
const runOf = (name: string): RunId => runIdSchema.parse(name.split('-')[0]);

function stateOf(status: JobStatus | undefined): 'unknown' | 'waiting' | 'running' | 'ended' {
  switch (status) {
    case undefined:
      return 'unknown';
    case 'RUNNING':
      return 'running';
    case 'SUCCEEDED':
    case 'FAILED':
      return 'ended';
    default:
      return 'waiting';
  }
}

/** Batch says that the request itself is wrong; not that there were too many, nor that Batch is ill. */
export const isRejectedRequest = (error: unknown): boolean =>
  error instanceof BatchServiceException &&
  error.$fault === 'client' &&
  error.$metadata.httpStatusCode !== 429 &&
  !/Throttl|TooManyRequests/i.test(error.name);

/** What we refuse ourselves, and what Batch does: asked again, the answer is the same. */
export const isPermanentFailure = (error: unknown): boolean =>
  error instanceof DockerArgsError ||
  error instanceof ResourcesError ||
  error instanceof UnknownQueueError ||
  isRejectedRequest(error);

const rejectedCompletion = (
  { run, call, attempt }: StepSpec,
  name: string,
  index: number,
  reason: string,
  at: number,
) => ({
  kind: 'job.ended' as const,
  run,
  call,
  attempt,
  job: containerJobId(`${name}:${index}`, 0),
  exitCode: null,
  signal: null,
  fault: 'step' as const,
  reason,
  at,
});

/**
 * The jobs port on AWS Batch.
 *
 * 1. A group that may have been submitted before is searched by its name. The lookup can miss a job
 *    that is not listed yet: a second job is then possible, and harmless.
 * 2. A group that Batch will never accept completes with an error: its steps must not wait for a
 *    job that cannot exist. A group that Batch does not accept now makes `submit` throw.
 * 3. Only jobs of the named group are terminated: an id that a step claims is searched among them.
 * 4. When a whole run ends, one request terminates a whole array.
 *
 * The `job.ended` transitions of jobs that ran come from Batch's events (`batch-events.ts`).
 *
 * @module
 */
import {
  type BatchClient,
  type JobStatus,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { batchJobIdOf, containerJobId } from '../../model/container.ts';
import { parseDockerArgs } from '../../model/docker-args.ts';
import { type JobIndex, type RunId, runIdSchema } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobGroup, Jobs } from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';
import type { Transitions } from '../../ports/transitions.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import { dockerPlatformOf, queueNamed } from '../deployment/settings.ts';
import { errorData, type Log } from '../observability/log.ts';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.ts';
import { prefixReason } from './failure-reasons.ts';
import { type DeploymentSettings, stepJobDefinitionOf } from './job-definition.ts';
import { type BatchJob, createJobLookup, type JobLookup, memberId } from './job-lookup.ts';
import { submissionOf } from './submission.ts';
import {
  isPermanentFailure,
  isRejectedRequest,
  launchFailureReason,
  UnknownQueueError,
} from './submission-errors.ts';

export interface BatchJobsOptions {
  readonly client: BatchClient;
  readonly settings: DeploymentSettings;
  readonly objects: Pick<Objects, 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'group' | 'run'>;
  readonly transitions: Transitions;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A termination is not repeated within this time. It is longer than draining the messages of 10,000
 * members takes, and shorter than the time until a sweep.
 */
const REPEAT_TERMINATION_AFTER_MS = 300_000;
const MAX_REMEMBERED_JOBS = 1000;

type JobState = Awaited<ReturnType<Jobs['state']>>;
const STATES_BY_PRECEDENCE = ['running', 'waiting', 'ended', 'unknown'] as const;

export const createBatchJobs = (options: BatchJobsOptions): Jobs => new BatchJobs(options);

class BatchJobs implements Jobs {
  readonly #options: BatchJobsOptions;
  readonly #definitions: DefinitionRegistry;
  readonly #lookup: JobLookup;
  /** When a job was terminated, by its id. */
  readonly #terminatedAt = new Map<string, number>();
  /** Queues by group. Groups never change, and a sweep requests the same group for each member. */
  readonly #queues = new Map<string, string>();

  constructor(options: BatchJobsOptions) {
    const { client, clock } = options;
    this.#options = options;
    this.#definitions = createDefinitionRegistry(client);
    this.#lookup = createJobLookup(client, clock);
  }

  async submit(group: JobGroup, isNew = false): Promise<void> {
    const { transitions, clock, log } = this.#options;
    const [first] = group.specs;
    if (first === undefined) return;
    try {
      await this.#submitGroup(group, first, isNew);
    } catch (error) {
      if (!isPermanentFailure(error)) throw error;
      log.error('group refused', { run: first.run, group: group.name, reason: String(error) });
      const reason = launchFailureReason(error);
      await transitions.send(
        group.specs.map((spec, index) =>
          rejectedCompletion(spec, { name: group.name, index }, reason, clock.now()),
        ),
      );
    }
  }

  async state({ name, index }: JobIndex): Promise<JobState> {
    const states = await Promise.all(
      (await this.#jobsOf(name)).map(async (job) => stateOf(await this.#lookup.status(job, index))),
    );
    return STATES_BY_PRECEDENCE.find((state) => states.includes(state)) ?? 'unknown';
  }

  async terminate(job: JobIndex, reason: string, id?: string): Promise<void> {
    const jobs = await this.#jobsOf(job.name);
    if (id !== undefined) {
      const ownJob = jobs
        .map((each) => memberId(each, job.index))
        .find((member) => member === batchJobIdOf(id));
      if (ownJob !== undefined) await this.#terminateJob(ownJob, reason);
      return;
    }
    for (const each of jobs) {
      if (this.#wasRecentlyTerminated(each.id)) continue;
      const wholeArray = each.size > 1 && (await this.#isRunEnding(runOf(job.name)));
      await this.#terminateJob(wholeArray ? each.id : memberId(each, job.index), reason);
    }
  }

  async #submitGroup(group: JobGroup, first: StepSpec, isNew: boolean): Promise<void> {
    const { client, settings, objects, log } = this.#options;
    const queue = queueNamed(settings, group.queue);
    if (queue === undefined) throw new UnknownQueueError(group.queue, Object.keys(settings.queues));
    if (!isNew && (await this.#lookup.exists(this.#queueArn(group.queue), group.name))) return;
    const docker = parseDockerArgs(
      group.container.dockerArgs ?? '',
      dockerPlatformOf(queue, settings),
    );
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
        new SubmitJobCommand({ ...input, jobDefinition: await this.#definitions.arn(definition) }),
      );
    const { jobId } = await submit().catch((error: unknown) => {
      // The definition may have been deregistered.
      if (!isRejectedRequest(error)) throw error;
      this.#definitions.forget(definition);
      return submit();
    });
    if (jobId !== undefined)
      this.#lookup.remember(group.name, { id: jobId, status: undefined, size: group.specs.length });
  }

  async #jobsOf(name: string): Promise<readonly BatchJob[]> {
    const { tasks, settings } = this.#options;
    const queue = this.#queues.get(name) ?? (await tasks.group(runOf(name), name))?.queue;
    if (queue === undefined || queueNamed(settings, queue) === undefined) return [];
    if (this.#queues.size >= MAX_REMEMBERED_JOBS) this.#queues.clear();
    this.#queues.set(name, queue);
    return this.#lookup.withName(this.#queueArn(queue), name);
  }

  async #terminateJob(id: string, reason: string): Promise<void> {
    const { client, clock, log } = this.#options;
    if (this.#wasRecentlyTerminated(id)) return;
    try {
      await client.send(new TerminateJobCommand({ jobId: id, reason: prefixReason(reason) }));
    } catch (error) {
      if (!isRejectedRequest(error)) throw error;
      // The job ended, and Batch no longer knows it; or the role of the controller may not.
      log.error('termination refused', { job: id, ...errorData(error) });
    }
    if (this.#terminatedAt.size >= MAX_REMEMBERED_JOBS) this.#terminatedAt.clear();
    this.#terminatedAt.set(id, clock.now());
  }

  /** The members of an array that is terminated as a whole request it one after the other. */
  #wasRecentlyTerminated(id: string): boolean {
    const terminatedAt = this.#terminatedAt.get(id) ?? Number.NEGATIVE_INFINITY;
    return this.#options.clock.now() - terminatedAt < REPEAT_TERMINATION_AFTER_MS;
  }

  /** Rule 4. */
  async #isRunEnding(run: RunId): Promise<boolean> {
    const head = (await this.#options.tasks.run(run))?.head;
    return head !== undefined && (head.status === 'aborting' || head.endedAt !== null);
  }

  #queueArn(queue: string): string {
    const { settings } = this.#options;
    return jobQueueArn(settings, settings.prefix, queue);
  }
}

/** The first part of a group's name (`jobName`). */
const runOf = (name: string): RunId => runIdSchema.parse(name.split('-')[0]);

function stateOf(status: JobStatus | undefined): JobState {
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

const rejectedCompletion = (
  { run, call, attempt }: StepSpec,
  { name, index }: JobIndex,
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

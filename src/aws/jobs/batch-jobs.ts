/**
 * The jobs port on AWS Batch.
 *
 * 1. A group that may have been submitted before is searched by its name. The lookup can miss a job
 *    that is not listed yet: a second job is then possible, and harmless.
 * 2. A failed launch is a refusal, and never an error: the other work of the run continues. It is
 *    permanent only if the request itself is invalid (`submission-errors.ts`).
 * 3. Only jobs of the named group are terminated: an id that a step claims is searched among them.
 * 4. When no member of an array is needed any more, one request terminates the whole array.
 * 5. Refused requests are logged as `request refused`, which raises an alarm (`lib/`).
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
import { batchJobIdOf } from '../../model/container.ts';
import { parseDockerArgs } from '../../model/docker-args.ts';
import { type JobIndex, jobNameParts, type RunId } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Step } from '../../model/step.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type JobGroup,
  JobStateUnavailableError,
  type Jobs,
  type LaunchRefusal,
} from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';
import { jobQueueArn } from '../deployment/resource-names.ts';
import { batchQueueNamed, dockerPlatformOf } from '../deployment/settings.ts';
import { errorData, type Log, type LogData } from '../observability/log.ts';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.ts';
import { prefixReason } from './failure-reasons.ts';
import { type DeploymentSettings, stepJobDefinitionOf } from './job-definition.ts';
import { type BatchJob, createJobLookup, type JobLookup, memberId } from './job-lookup.ts';
import { createLongWaits, type LongWaits } from './long-waits.ts';
import { submissionOf } from './submission.ts';
import {
  isMissingDefinition,
  isPermanentFailure,
  launchFailureReason,
  UnknownQueueError,
} from './submission-errors.ts';
import { describeWaiting } from './waiting-reasons.ts';

export interface BatchJobsOptions {
  readonly client: BatchClient;
  readonly settings: DeploymentSettings;
  readonly objects: Pick<Objects, 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'group' | 'run' | 'steps'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A termination is not repeated within this time. It is longer than draining the messages of 10,000
 * members takes, and shorter than the time until a sweep.
 */
const REPEAT_TERMINATION_AFTER_MS = 300_000;
const MAX_REMEMBERED_JOBS = 1000;
const MEMBERS_PER_READ = 100;

type JobState = Awaited<ReturnType<Jobs['state']>>;
const isExecuting = ({ status }: Step): boolean => status === 'queued' || status === 'running';
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
  readonly #longWaits: LongWaits;

  constructor(options: BatchJobsOptions) {
    const { client, clock, log } = options;
    this.#options = options;
    this.#longWaits = createLongWaits(clock, log);
    this.#definitions = createDefinitionRegistry(client);
    this.#lookup = createJobLookup(client, clock);
  }

  async submit(group: JobGroup, isNew = false): Promise<LaunchRefusal | undefined> {
    const [first] = group.specs;
    if (first === undefined) return undefined;
    try {
      await this.#submitGroup(group, first, isNew);
      return undefined;
    } catch (error) {
      const permanent = isPermanentFailure(error);
      this.#logRefusal('launch', { run: first.run, group: group.name, permanent }, error);
      return { permanent, reason: launchFailureReason(error) };
    }
  }

  async state({ name, index }: JobIndex): Promise<JobState> {
    try {
      const states = await Promise.all(
        (await this.#jobsOf(name)).map(async (job) =>
          stateOf((await this.#lookup.status(job, index))?.status),
        ),
      );
      return STATES_BY_PRECEDENCE.find((state) => states.includes(state)) ?? 'unknown';
    } catch (error) {
      this.#logRefusal('lookup', { group: name }, error);
      throw new JobStateUnavailableError(`the state of job ${name} is not available`, {
        cause: error,
      });
    }
  }

  async waitingReason({ name, index }: JobIndex, queuedAt: number): Promise<string | undefined> {
    try {
      for (const job of await this.#jobsOf(name)) {
        const details = await this.#lookup.status(job, index);
        if (stateOf(details?.status) !== 'waiting') continue;
        const queueArn = this.#queueArn(this.#queues.get(name) ?? '');
        const reason = describeWaiting(details ?? {}, await this.#lookup.queue(queueArn));
        this.#longWaits.report(name, queuedAt, reason);
        return reason;
      }
    } catch (error) {
      this.#logRefusal('lookup', { group: name }, error);
    }
    return undefined;
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
      const wholeArray = each.size > 1 && (await this.#isGroupOver(job.name));
      await this.#terminateJob(wholeArray ? each.id : memberId(each, job.index), reason);
    }
  }

  findsJobs(): boolean {
    return true;
  }

  reportsTermination(): boolean {
    return true;
  }

  async #submitGroup(group: JobGroup, first: StepSpec, isNew: boolean): Promise<void> {
    const { client, settings, objects, log } = this.#options;
    const queue = batchQueueNamed(settings, group.queue);
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
      if (!isMissingDefinition(error)) throw error;
      this.#definitions.forget(definition);
      return submit();
    });
    if (jobId !== undefined)
      this.#lookup.remember(group.name, { id: jobId, status: undefined, size: group.specs.length });
  }

  async #jobsOf(name: string): Promise<readonly BatchJob[]> {
    const { tasks, settings } = this.#options;
    const queue =
      this.#queues.get(name) ?? (await tasks.group(jobNameParts(name).run, name))?.queue;
    if (queue === undefined || batchQueueNamed(settings, queue) === undefined) return [];
    if (this.#queues.size >= MAX_REMEMBERED_JOBS) this.#queues.clear();
    this.#queues.set(name, queue);
    return this.#lookup.withName(this.#queueArn(queue), name);
  }

  async #terminateJob(id: string, reason: string): Promise<void> {
    const { client, clock } = this.#options;
    if (this.#wasRecentlyTerminated(id)) return;
    try {
      await client.send(new TerminateJobCommand({ jobId: id, reason: prefixReason(reason) }));
    } catch (error) {
      // While the run is being aborted, each sweep repeats the request.
      return this.#logRefusal('termination', { job: id }, error);
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
  async #isGroupOver(name: string): Promise<boolean> {
    const { run } = jobNameParts(name);
    if (await this.#isRunEnding(run)) return true;
    const { tasks } = this.#options;
    const { members = [] } = (await tasks.group(run, name)) ?? {};
    for (let first = 0; first < members.length; first += MEMBERS_PER_READ) {
      const calls = members.slice(first, first + MEMBERS_PER_READ).map(({ call }) => call);
      const steps = await tasks.steps(run, calls);
      if (steps.some((step) => step.attempts.at(-1)?.job.name === name && isExecuting(step)))
        return false;
    }
    return members.length > 0;
  }

  #logRefusal(action: string, data: LogData, error: unknown): void {
    this.#options.log.error('request refused', { action, ...data, ...errorData(error) });
  }

  async #isRunEnding(run: RunId): Promise<boolean> {
    const head = (await this.#options.tasks.run(run))?.head;
    return head !== undefined && (head.status === 'aborting' || head.endedAt !== null);
  }

  #queueArn(queue: string): string {
    const { settings } = this.#options;
    return jobQueueArn(settings, settings.prefix, queue);
  }
}

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

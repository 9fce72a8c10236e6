/**
 * The jobs port on Lambda: each member of a group is one message in a queue that invokes a function
 * with the runner.
 *
 * 1. A message is executed when it is received for the first time, and never again: a function that
 *    receives it a second time reports that (`redelivered`), and the controller decides.
 * 2. A group that may have been submitted before, because a turn failed in between, is submitted
 *    again without the members that started. A member whose message was still in the queue then has
 *    two messages, and the job whose `started` arrives first owns the attempt. No process sends a
 *    message twice.
 * 3. A job reports no end. A terminated job that has not started finds the object that
 *    `terminate` writes, and does not start; one that runs checks for it from time to time.
 * 4. No request of SQS finds a message in its queue: a job without an owner is waiting.
 *
 * @module
 */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type JobIndex, jobNameParts } from '../../model/ids.ts';
import { generationStopKey, jobStopKey } from '../../model/object-layout.ts';
import type { RunHead } from '../../model/run.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Attempt, Step } from '../../model/step.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobGroup, Jobs, LaunchRefusal } from '../../ports/jobs.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Tasks } from '../../ports/tasks.ts';
import {
  functionTimeoutSeconds,
  siblingQueueUrl,
  stepFunctionName,
} from '../deployment/lambda-queues.ts';
import { type LambdaQueueSettings, queueNamed, type Settings } from '../deployment/settings.ts';
import { sendAll } from '../messages/transition-queue.ts';
import { errorData, type Log } from '../observability/log.ts';
import { lambdaProblems } from './lambda-limits.ts';
import { createLongWaits, type LongWaits } from './long-waits.ts';
import { invocationsOf } from './step-invocation.ts';
import { launchFailureReason } from './submission-errors.ts';

export interface LambdaJobsOptions {
  readonly client: SQSClient;
  readonly settings: Pick<Settings, 'prefix' | 'projects' | 'queues' | 'transitionsUrl'>;
  readonly objects: Pick<Objects, 'put' | 'putIfAbsent'>;
  readonly tasks: Pick<Tasks, 'group' | 'run' | 'steps'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Requests that send messages at the same time. */
const PARALLEL_REQUESTS = 8;
const MAX_REMEMBERED_GROUPS = 1000;
/** A function that did not report within this time after its limit has ended without a report. */
const END_MARGIN_MS = 60_000;
const EMPTY = new Uint8Array();
const NONE: ReadonlySet<number> = new Set();

export const createLambdaJobs = (options: LambdaJobsOptions): Jobs => new LambdaJobs(options);

class LambdaJobs implements Jobs {
  readonly #options: LambdaJobsOptions;
  /** Groups of generations that this process stopped as a whole. */
  readonly #stopped = new Set<string>();
  /** By group, the members whose messages this process sent. */
  readonly #sent = new Map<string, Set<number>>();
  readonly #longWaits: LongWaits;

  constructor(options: LambdaJobsOptions) {
    this.#options = options;
    this.#longWaits = createLongWaits(options.clock, options.log);
  }

  async submit(
    group: JobGroup,
    isNew = false,
    started: ReadonlySet<number> = NONE,
  ): Promise<LaunchRefusal | undefined> {
    const { log } = this.#options;
    const [first] = group.specs;
    if (first === undefined) return undefined;
    const problem = this.#problemOf(group, first);
    if (problem !== undefined) return { permanent: true, reason: launchFailureReason(problem) };
    try {
      await this.#sendMessages(group, isNew ? NONE : await this.#startedMembers(group, started));
      return undefined;
    } catch (error) {
      log.error('request refused', {
        action: 'launch',
        run: first.run,
        group: group.name,
        ...errorData(error),
      });
      return { permanent: false, reason: launchFailureReason(error) };
    }
  }

  /** @param skipped indexes of members that started */
  async #sendMessages(group: JobGroup, skipped: ReadonlySet<number>): Promise<void> {
    const { client, settings, objects } = this.#options;
    const { messages, spec } = invocationsOf(group);
    const sent = this.#sent.get(group.name) ?? new Set<number>();
    this.#remember(group.name, sent);
    const indexes = new Map(
      messages.flatMap((message) => {
        const { index } = message.job;
        return skipped.has(index) || sent.has(index)
          ? []
          : [[{ MessageBody: JSON.stringify(message) }, index] as const];
      }),
    );
    if (indexes.size === 0) return;
    if (spec !== undefined) await objects.putIfAbsent(spec.key, spec.content);
    const [{ project } = { project: '' }] = group.specs;
    const role = settings.projects.includes(project) ? project : 'default';
    const url = siblingQueueUrl(
      settings.transitionsUrl,
      stepFunctionName(settings.prefix, group.queue, role),
    );
    const entries = [...indexes.keys()];
    const share = Math.ceil(entries.length / PARALLEL_REQUESTS);
    const outcomes = await Promise.allSettled(
      Array.from({ length: PARALLEL_REQUESTS }, (_, lane) =>
        sendAll(client, url, entries.slice(lane * share, (lane + 1) * share), (accepted) => {
          for (const entry of accepted) sent.add(indexes.get(entry) ?? 0);
        }),
      ),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #remember(group: string, sent: Set<number>): void {
    if (this.#sent.size >= MAX_REMEMBERED_GROUPS) this.#sent.clear();
    this.#sent.set(group, sent);
  }

  async state(job: JobIndex): Promise<Awaited<ReturnType<Jobs['state']>>> {
    const found = await this.#find(job);
    if (found === undefined) return 'unknown';
    const { queue, attempt } = found;
    if (attempt.endedAt !== undefined) return 'ended';
    // Its launch was refused: it may have no message.
    if (attempt.waiting?.for === 'launch') return 'unknown';
    if (attempt.owner === undefined || attempt.startedAt === undefined) return 'waiting';
    const endsAt =
      attempt.startedAt + functionTimeoutSeconds(queue.timeoutSeconds) * 1000 + END_MARGIN_MS;
    return this.#options.clock.now() < endsAt ? 'running' : 'ended';
  }

  async waitingReason(job: JobIndex, queuedAt: number): Promise<string | undefined> {
    const found = await this.#find(job);
    if (found === undefined) return undefined;
    const reason = `waits for a free function: at most ${found.queue.maxConcurrency} steps of a project run in the queue ${found.step.queue} at the same time, and the account's limit of concurrent executions applies`;
    this.#longWaits.report(job.name, queuedAt, reason);
    return reason;
  }

  async terminate(job: JobIndex, _reason: string, id?: string): Promise<void> {
    const { objects, tasks } = this.#options;
    // The members of a group are terminated one after the other.
    if (this.#stopped.has(job.name)) return;
    const found = await this.#find(job);
    if (found === undefined) return;
    const { run, generation } = jobNameParts(job.name);
    const { project } = found.step;
    if (id !== undefined) {
      // Another execution of this job owns the attempt: it must not stop.
      await objects.putIfAbsent(jobStopKey(project, run, job), Buffer.from(id));
      return;
    }
    const head = (await tasks.run(run))?.head;
    if (head === undefined || !isEnding(head)) {
      await objects.put(jobStopKey(project, run, job), EMPTY);
      return;
    }
    await objects.put(generationStopKey(project, run, generation), EMPTY);
    if (this.#stopped.size >= MAX_REMEMBERED_GROUPS) this.#stopped.clear();
    this.#stopped.add(job.name);
  }

  findsJobs(): boolean {
    return false;
  }

  reportsTermination(): boolean {
    return false;
  }

  /** Why the steps can never run in their queue; undefined if they can. */
  #problemOf(group: JobGroup, first: StepSpec): string | undefined {
    const queue = this.#queue(group.queue);
    return (
      queue &&
      lambdaProblems(group.container, first.timeoutSeconds, {
        name: group.queue,
        timeoutSeconds: queue.timeoutSeconds,
      })[0]?.detail
    );
  }

  #queue(name: string): LambdaQueueSettings | undefined {
    const queue = queueNamed(this.#options.settings, name);
    return queue?.platform === 'lambda' ? queue : undefined;
  }

  /**
   * Indexes of the members whose attempts an execution owns, or that have ended.
   *
   * @param known members that started, although that is not on record
   */
  async #startedMembers(
    { name, specs }: JobGroup,
    known: ReadonlySet<number>,
  ): Promise<ReadonlySet<number>> {
    const [first] = specs;
    if (first === undefined || known.size === specs.length) return known;
    const steps = await this.#options.tasks.steps(
      first.run,
      specs.map(({ call }) => call),
    );
    const attempts = new Map(
      steps.flatMap(({ call, attempts: each }) => {
        const last = each.at(-1);
        return last === undefined ? [] : [[call, last] as const];
      }),
    );
    return new Set(
      specs.flatMap(({ call }, index) => {
        const attempt = attempts.get(call);
        const isWaiting =
          attempt?.job.name === name &&
          attempt.owner === undefined &&
          attempt.endedAt === undefined;
        return isWaiting && !known.has(index) ? [] : [index];
      }),
    );
  }

  /** The step of a job, and the attempt that the job was launched for. */
  async #find(
    job: JobIndex,
  ): Promise<
    | { readonly queue: LambdaQueueSettings; readonly step: Step; readonly attempt: Attempt }
    | undefined
  > {
    const { tasks } = this.#options;
    const { run } = jobNameParts(job.name);
    const group = await tasks.group(run, job.name);
    const member = group?.members[job.index];
    const queue = group && this.#queue(group.queue);
    if (member === undefined || queue === undefined) return undefined;
    const [step] = await tasks.steps(run, [member.call]);
    const attempt = step?.attempts[member.attempt - 1];
    return step === undefined || attempt === undefined ? undefined : { queue, step, attempt };
  }
}

/** All jobs of the run's generation must stop. */
const isEnding = ({ status, endedAt, abortOutcome, abortReason }: RunHead): boolean =>
  status === 'aborting' || endedAt !== null || abortOutcome !== null || abortReason !== null;

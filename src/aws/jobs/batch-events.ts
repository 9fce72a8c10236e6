/**
 * Reads Batch's events about jobs that failed or block their queue, and derives the outcome of a
 * step's attempt. Pure.
 *
 * 1. A job is identified by its name, which is the name of its group, and by its index.
 * 2. Jobs that succeeded are not read: their container exits with 0 only after the queue accepted
 *    its result. A container that stored its result instead exits with `EXIT_OUTCOME_STORED`. If
 *    this result is not found, the infrastructure is at fault.
 * 3. The container of a step is found by its name: the order of a task's containers is not defined.
 * 4. A job that never ran is no failure of the step, unless it could never run at all.
 *
 * @module
 */
import { z } from 'zod';
import {
  containerJobId,
  EXIT_OUTCOME_STORED,
  EXIT_PREPARATION_FAILED,
} from '../../model/container.ts';
import { type JobIndex, type RunId, runIdSchema, runOfEvaluatorJob } from '../../model/ids.ts';
import { MAX_LOG_STREAM_LENGTH } from '../../model/limits.ts';
import type { TransitionOf } from '../../model/transition.ts';
import { safeParseUntrusted } from '../../model/untrusted.ts';
import {
  isInfrastructure,
  isMisconfigured,
  isOutOfMemory,
  isTimeout,
  readPrefixedReason,
} from './failure-reasons.ts';
import { STEP_CONTAINER } from './job-definition.ts';

const exitSchema = z.looseObject({
  name: z.string().nullish(),
  exitCode: z.int().nullish(),
  reason: z.string().nullish(),
  logStreamName: z.string().nullish(),
});
type Exit = z.infer<typeof exitSchema>;
const taskSchema = z.looseObject({ containers: z.array(exitSchema).nullish() });

/** The fields that Headrace reads. Times are in milliseconds since the epoch. */
const detailSchema = z.looseObject({
  jobName: z.string(),
  jobId: z.string().min(1),
  status: z.string(),
  statusReason: z.string().nullish(),
  stoppedAt: z.number().nullish(),
  container: exitSchema.nullish(),
  ecsProperties: z.looseObject({ taskProperties: z.array(taskSchema).nullish() }).nullish(),
  attempts: z
    .array(
      z.looseObject({
        startedAt: z.number().nullish(),
        statusReason: z.string().nullish(),
        container: exitSchema.nullish(),
        taskProperties: z.array(taskSchema).nullish(),
      }),
    )
    .nullish(),
  arrayProperties: z
    .looseObject({ index: z.int().nonnegative().nullish(), size: z.int().nullish() })
    .nullish(),
});
type Detail = z.infer<typeof detailSchema>;

const BATCH_SOURCE = 'aws.batch';
const anyEventSchema = z.looseObject({ source: z.literal(BATCH_SOURCE) });
/** Any event of Batch, about whichever job. */
export const isBatchEvent = (content: unknown): boolean =>
  safeParseUntrusted(anyEventSchema, content).success;

const blockedEventSchema = z.looseObject({
  source: z.literal(BATCH_SOURCE),
  'detail-type': z.literal('Batch Job Queue Blocked'),
  time: z.string(),
  detail: detailSchema,
});
const eventSchema = z.looseObject({
  source: z.literal(BATCH_SOURCE),
  'detail-type': z.literal('Batch Job State Change'),
  time: z.string(),
  detail: detailSchema,
});

type JobOutcome = Pick<
  TransitionOf<'job.ended'>,
  'exitCode' | 'signal' | 'fault' | 'reason' | 'logStream'
>;

export interface JobCompletion extends JobOutcome {
  readonly run: RunId;
  /** The member of a group; undefined: an array as a whole. */
  readonly job: JobIndex | undefined;
  /** The id that the job's container sends with its messages. */
  readonly containerId: string;
  readonly at: number;
}

const GROUP_NAME = /^([0-9a-z]{26})-\d+-\d+$/;

/** The end of a failed job of a group; undefined if the event is something else. */
export function readJobCompletion(event: unknown): JobCompletion | undefined {
  const read = safeParseUntrusted(eventSchema, event);
  if (!read.success) return undefined;
  const { detail, time } = read.data;
  const run = runIdSchema.safeParse(GROUP_NAME.exec(detail.jobName)?.[1]);
  if (!run.success || detail.status !== 'FAILED') return undefined;
  return {
    run: run.data,
    job: memberOf(detail),
    containerId: containerJobId(detail.jobId, Math.max(1, detail.attempts?.length ?? 0)),
    at: detail.stoppedAt ?? Date.parse(time),
    ...outcomeOf(detail),
  };
}

/** A job at the head of a blocked queue. */
export interface BlockedJob {
  readonly run: RunId;
  readonly job: JobIndex;
  readonly reason: string;
  readonly at: number;
}

/** The job of a group that blocks its queue; undefined if the event is something else. */
export function readBlockedJob(event: unknown): BlockedJob | undefined {
  const read = safeParseUntrusted(blockedEventSchema, event);
  if (!read.success) return undefined;
  const { detail, time } = read.data;
  const run = runIdSchema.safeParse(GROUP_NAME.exec(detail.jobName)?.[1]);
  const job = memberOf(detail);
  const at = Date.parse(time);
  if (!run.success || job === undefined || Number.isNaN(at)) return undefined;
  return { run: run.data, job, reason: detail.statusReason || 'no reason is given', at };
}

/**
 * The end of a failed job that evaluates logic; undefined if the event is something else. One that
 * succeeded is not read: its run is over, or another job took over.
 */
export function readEvaluatorCompletion(
  event: unknown,
): { readonly run: RunId; readonly job: string } | undefined {
  const read = safeParseUntrusted(eventSchema, event);
  if (!read.success) return undefined;
  const { jobName, status } = read.data.detail;
  const run = runOfEvaluatorJob(jobName);
  return run === undefined || status !== 'FAILED' ? undefined : { run, job: jobName };
}

function memberOf({ jobName, jobId, arrayProperties }: Detail): JobIndex | undefined {
  const index = arrayProperties?.index ?? /:(\d+)$/.exec(jobId)?.[1];
  if (index !== undefined && index !== null) return { name: jobName, index: Number(index) };
  return arrayProperties?.size == null ? { name: jobName, index: 0 } : undefined;
}

function outcomeOf(detail: Detail): JobOutcome {
  const { exitCode, reason: containerReason, logStream } = containerExitOf(detail);
  const statusReason = detail.statusReason ?? detail.attempts?.at(-1)?.statusReason ?? '';
  const signal = exitCode === 137 ? 'SIGKILL' : exitCode === 143 ? 'SIGTERM' : null;
  const outcome = (fault: JobOutcome['fault'], reason: string): JobOutcome => ({
    exitCode,
    signal,
    fault,
    reason,
    ...(logStream === undefined ? {} : { logStream }),
  });
  const abortReason = readPrefixedReason(statusReason);
  if (abortReason !== undefined) return outcome('abort', abortReason);
  if (isTimeout(statusReason)) return outcome('timeout', 'ran longer than its limit');
  if (isOutOfMemory(containerReason))
    return outcome('step', `ran out of memory (${containerReason})`);
  if (isMisconfigured(statusReason)) return outcome('step', `could never start: ${statusReason}`);
  const details = [containerReason, statusReason]
    .filter((text) => text !== '' && text !== 'Essential container in task exited')
    .join('; ');
  if (exitCode === EXIT_PREPARATION_FAILED)
    return outcome(
      'infrastructure',
      'its container could not be prepared: the reason is in its log',
    );
  if (exitCode === EXIT_OUTCOME_STORED)
    return outcome('infrastructure', 'stored its result, which is missing');
  if (isInfrastructure(statusReason) || isInfrastructure(containerReason))
    return outcome('infrastructure', details);
  if (exitCode === null)
    return outcome(
      /CannotPull/i.test(details) ? 'step' : 'infrastructure',
      `did not run: ${details === '' ? 'no reason is known' : details}`,
    );
  return outcome('step', `exited with code ${exitCode}${details === '' ? '' : ` (${details})`}`);
}

/** How the step's container ended. */
function containerExitOf({ container, ecsProperties, attempts }: Detail): {
  readonly exitCode: number | null;
  readonly reason: string;
  readonly logStream: string | undefined;
} {
  const lastAttempt = attempts?.at(-1);
  const taskContainers = [lastAttempt?.taskProperties, ecsProperties?.taskProperties].flatMap(
    (tasks) => tasks?.flatMap(({ containers }) => stepContainersIn(containers ?? [])) ?? [],
  );
  const containers = [...taskContainers, lastAttempt?.container, container].flatMap((container) =>
    container == null ? [] : [container],
  );
  const reasons = containers.flatMap(({ reason }) =>
    typeof reason === 'string' && reason !== '' ? [reason] : [],
  );
  return {
    exitCode: containers.find(({ exitCode }) => typeof exitCode === 'number')?.exitCode ?? null,
    reason: reasons[0] ?? '',
    logStream: containers
      .map(({ logStreamName }) => logStreamName ?? '')
      .find((name) => name !== '' && name.length <= MAX_LOG_STREAM_LENGTH),
  };
}

/** A task of one container needs no name. */
const stepContainersIn = (containers: readonly Exit[]): readonly Exit[] =>
  containers.length === 1 ? containers : containers.filter(({ name }) => name === STEP_CONTAINER);

/**
 * What Batch says of its jobs, read into what it means for a step. Pure.
 *
 * 1. A job is known by its name, which is its group's, and by its index.
 * 2. A success says nothing about the result, which travels apart: if it does not come, that is the infrastructure's fault.
 * 3. What never ran is no failure of the step's, unless nobody could ever run it.
 *
 * @module
 */
import { z } from 'zod';
import { containerJobId, EXIT_PREPARATION_FAILED } from '../model/container.ts';
import { type JobIndex, type RunId, runIdSchema, runOfEvaluatorJob } from '../model/ids.ts';
import type { TransitionOf } from '../model/transition.ts';
import { isInfrastructure, isMisconfigured, isOutOfMemory, isTimeout, readOurReason } from './jobs/reasons.ts';

const exitSchema = z.looseObject({ name: z.string().nullish(), exitCode: z.int().nullish(), reason: z.string().nullish() });
const taskSchema = z.looseObject({ containers: z.array(exitSchema).nullish() });

/** As far as it matters here; times are milliseconds since the epoch. */
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
  arrayProperties: z.looseObject({ index: z.int().nonnegative().nullish(), size: z.int().nullish() }).nullish(),
});
type Detail = z.infer<typeof detailSchema>;

const eventSchema = z.looseObject({
  source: z.literal('aws.batch'),
  'detail-type': z.literal('Batch Job State Change'),
  time: z.string(),
  detail: detailSchema,
});

type Verdict = Pick<TransitionOf<'job.ended'>, 'exitCode' | 'signal' | 'fault' | 'reason'>;

export interface JobEnd extends Verdict {
  readonly run: RunId;
  /** Which member of which group; undefined: an array as a whole. */
  readonly job: JobIndex | undefined;
  /** The id under which its container spoke. */
  readonly id: string;
  readonly succeeded: boolean;
  readonly at: number;
}

const NAME = /^([0-9a-z]{26})-\d+-\d+$/;

/** The end of one of our jobs; undefined if the event tells of something else. */
export function readJobEnd(event: unknown): JobEnd | undefined {
  const read = eventSchema.safeParse(event);
  if (!read.success) return undefined;
  const { detail, time } = read.data;
  const run = runIdSchema.safeParse(NAME.exec(detail.jobName)?.[1]);
  if (!run.success || (detail.status !== 'SUCCEEDED' && detail.status !== 'FAILED')) return undefined;
  return {
    run: run.data,
    job: memberOf(detail),
    id: containerJobId(detail.jobId, Math.max(1, detail.attempts?.length ?? 0)),
    succeeded: detail.status === 'SUCCEEDED',
    at: detail.stoppedAt ?? Date.parse(time),
    ...verdictOn(detail),
  };
}

/** The end of a job that evaluates logic. */
export function readEvaluatorEnd(event: unknown): { readonly run: RunId; readonly job: string } | undefined {
  const read = eventSchema.safeParse(event);
  if (!read.success) return undefined;
  const { jobName, status } = read.data.detail;
  const run = runOfEvaluatorJob(jobName);
  return run === undefined || (status !== 'SUCCEEDED' && status !== 'FAILED') ? undefined : { run, job: jobName };
}

function memberOf({ jobName, jobId, arrayProperties }: Detail): JobIndex | undefined {
  const index = arrayProperties?.index ?? /:(\d+)$/.exec(jobId)?.[1];
  if (index !== undefined && index !== null) return { name: jobName, index: Number(index) };
  return arrayProperties?.size == null ? { name: jobName, index: 0 } : undefined;
}

function verdictOn(detail: Detail): Verdict {
  const { exitCode, reason: why } = exitOf(detail);
  const statusReason = detail.statusReason ?? detail.attempts?.at(-1)?.statusReason ?? '';
  const signal = exitCode === 137 ? 'SIGKILL' : exitCode === 143 ? 'SIGTERM' : null;
  const verdict = (fault: Verdict['fault'], reason: string): Verdict => ({ exitCode, signal, fault, reason });
  if (detail.status === 'SUCCEEDED') return verdict('infrastructure', 'exited with code 0, and its result never came');
  const ours = readOurReason(statusReason);
  if (ours !== undefined) return verdict('abort', ours);
  if (isTimeout(statusReason)) return verdict('timeout', 'ran longer than its limit');
  if (isOutOfMemory(why)) return verdict('step', `ran out of memory (${why})`);
  if (isMisconfigured(statusReason)) return verdict('step', `could never start: ${statusReason}`);
  const words = [why, statusReason].filter((text) => text !== '' && text !== 'Essential container in task exited').join('; ');
  if (exitCode === EXIT_PREPARATION_FAILED) return verdict('infrastructure', 'its container could not be prepared: its log says why');
  if (isInfrastructure(statusReason) || isInfrastructure(why)) return verdict('infrastructure', words);
  if (exitCode === null) return verdict(/CannotPull/i.test(words) ? 'step' : 'infrastructure', `did not run: ${words === '' ? 'no reason is known' : words}`);
  return verdict('step', `exited with code ${exitCode}${words === '' ? '' : ` (${words})`}`);
}

/** How the step's container ended: of several, the last in the task is the step's. */
function exitOf({ container, ecsProperties, attempts }: Detail): { readonly exitCode: number | null; readonly reason: string } {
  const last = attempts?.at(-1);
  const places = [last?.taskProperties, ecsProperties?.taskProperties].flatMap(
    (tasks) => tasks?.flatMap(({ containers }) => containers?.slice(-1) ?? []) ?? [],
  );
  const all = [...places, last?.container, container].flatMap((place) => (place == null ? [] : [place]));
  const reasons = all.flatMap(({ reason }) => (typeof reason === 'string' && reason !== '' ? [reason] : []));
  return { exitCode: all.find(({ exitCode }) => typeof exitCode === 'number')?.exitCode ?? null, reason: reasons[0] ?? '' };
}

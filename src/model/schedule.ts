/**
 * Schedules: when runs of a pipeline start without a request, with which arguments.
 *
 * A schedule has one cause: times of a calendar (`cron`), an interval (`every`), the end of runs of
 * a pipeline (`after`), or a new object in a bucket or folder (`object`).
 *
 * A *firing* is one occurrence of the cause. It has a key that follows from the occurrence alone,
 * so that it is the same firing however often it is observed, and it starts one run at most.
 *
 * @module
 */
import { z } from 'zod';
import { nameSchema, projectSchema, type RunId, tagsSchema, versionSchema } from './ids.ts';
import { jsonObjectSchema } from './json.ts';

/** The name is also part of an address, and of a tag of the runs. */
export const scheduleNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'the name of a schedule has up to 64 letters, digits, ".", "_" and "-", and starts with a letter or digit',
  );

const FIELD = String.raw`[\dA-Za-z*,/-]+`;
const CRON_PATTERN = new RegExp(`^${FIELD}(?: +${FIELD}){4}$`);

/** Statuses with which a run ends. */
const endedStatusSchema = z.enum(['completed', 'failed', 'aborted']);

const DURATION_PATTERN = /^[1-9]\d{0,4}[mhd]$/;
const MS_PER_UNIT: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The interval of `every`, as in `15m`, `6h` or `1d`. */
export const intervalMs = (every: string): number =>
  Number(every.slice(0, -1)) * (MS_PER_UNIT[every.slice(-1)] ?? 0);

const afterSchema = z.strictObject({
  pipeline: nameSchema,
  /** Default: the project of the schedule. */
  project: projectSchema.optional(),
  status: endedStatusSchema.default('completed'),
});

/** Objects of a bucket of S3, or files of a folder of the machine of `headrace dev`. */
const objectSchema = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'it is not the name of a bucket of S3')
      .optional(),
    /** An absolute path. Folders below it are not read. */
    folder: z.string().min(1).max(1024).optional(),
    /** The start of the object's key, or of the file's name. */
    prefix: z.string().max(1024).default(''),
    suffix: z.string().max(1024).default(''),
  })
  .refine(({ bucket, folder }) => (bucket === undefined) !== (folder === undefined), {
    error: 'it names either a bucket or a folder',
  });
export type WatchedObjects = z.infer<typeof objectSchema>;

const CAUSES = ['cron', 'every', 'after', 'object'] as const;
export type ScheduleCause = (typeof CAUSES)[number];

/** What a user declares: in the options of a pipeline, in a request, on the command line. */
const declarationShape = {
  name: scheduleNameSchema,
  /** The version that runs. Default: the highest one at the time of the firing. */
  version: versionSchema.optional(),
  /** By parameter name. Texts may contain `{{due}}`, `{{run}}` or `{{object}}`. */
  args: jsonObjectSchema.default({}),
  tags: tagsSchema.default([]),
  paused: z.boolean().default(false),
  /** What happens to firings that were due while nothing could start their run. */
  missed: z.enum(['skip', 'once']).default('skip'),
  cron: z
    .string()
    .regex(
      CRON_PATTERN,
      'it has five fields, as in "0 3 * * 1-5": minute, hour, day of the month, month, day of the week',
    )
    .optional(),
  timeZone: z.string().min(1).max(64).optional(),
  every: z
    .string()
    .regex(DURATION_PATTERN, 'it is a whole number of minutes, hours or days: "15m", "6h" or "1d"')
    .optional(),
  after: afterSchema.optional(),
  object: objectSchema.optional(),
};

interface Causes {
  readonly cron?: unknown;
  readonly every?: unknown;
  readonly after?: unknown;
  readonly object?: unknown;
  readonly timeZone?: unknown;
}

const declaredCauses = (causes: Causes): readonly ScheduleCause[] =>
  CAUSES.filter((cause) => causes[cause] !== undefined);

/** The sentence about causes that contradict each other; undefined if there is exactly one. */
export function causeProblem(causes: Causes): string | undefined {
  if (declaredCauses(causes).length !== 1)
    return 'a schedule has exactly one of cron, every, after and object';
  return causes.timeZone !== undefined && causes.cron === undefined
    ? 'timeZone belongs to cron: the other causes have no time zone'
    : undefined;
}

function requireOneCause(causes: Causes, context: z.RefinementCtx): void {
  const message = causeProblem(causes);
  if (message !== undefined) context.addIssue({ code: 'custom', message, path: [] });
}

/** An entry of the option `schedules` of a pipeline. */
export const declaredScheduleSchema = z.strictObject(declarationShape).superRefine(requireOneCause);

/** A schedule with the pipeline that it runs. */
export const scheduleSpecSchema = z
  .strictObject({ project: projectSchema, pipeline: nameSchema, ...declarationShape })
  .superRefine(requireOneCause);
export type ScheduleSpec = z.infer<typeof scheduleSpecSchema>;

export interface ScheduleName {
  readonly project: string;
  readonly name: string;
}

/** The most firings of a schedule that are shown. */
export const MAX_SHOWN_FIRINGS = 20;
/** A schedule as JSON. */
export const MAX_SCHEDULE_BYTES = 100_000;

export interface Schedule extends ScheduleSpec {
  /** It was declared in the options of its pipeline, and `schedules apply` may remove it. */
  readonly declared: boolean;
  /** Changes with each change of the schedule. */
  readonly revision: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When its cause was last changed or resumed: intervals count from here. */
  readonly activeSince: number;
  /** Occurrences up to this time were handled. */
  readonly position: number;
}

/** What a firing is about: the values of the placeholders. */
export interface FiringValues {
  /** When it was due, in RFC 3339. */
  readonly due: string;
  /** The run that ended. */
  readonly run?: string | undefined;
  /** The address of the new object: `s3://bucket/key`, or `file:///folder/name`. */
  readonly object?: string | undefined;
}

export type FiringOutcome =
  /** The run was chosen, and may not exist yet. */
  | { readonly status: 'starting'; readonly run: RunId }
  | { readonly status: 'started'; readonly run: RunId }
  /** It was due while nothing could start its run. */
  | { readonly status: 'missed'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string };

export interface Firing {
  /** Starts with the time of the occurrence, so that keys sort by time. */
  readonly key: string;
  readonly values: FiringValues;
  /** When it was observed, milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: FiringOutcome;
}

export const causeOf = (spec: Causes): ScheduleCause => declaredCauses(spec)[0] ?? 'cron';

/** Whether both schedules fire at the same occurrences. */
export const isSameCause = (a: ScheduleSpec, b: ScheduleSpec): boolean =>
  causeText(a) === causeText(b);

/** The cause in one line: `cron 0 3 * * * Europe/Berlin`, `every 6h`. */
export function causeText({
  project,
  cron,
  timeZone = 'UTC',
  every,
  after,
  object,
}: ScheduleSpec): string {
  if (cron !== undefined) return `cron ${cron} ${timeZone}`;
  if (every !== undefined) return `every ${every}`;
  if (after !== undefined)
    return `after ${after.project ?? project}/${after.pipeline} ${after.status}`;
  return object === undefined ? '' : `object ${objectsText(object)}`;
}

/** `s3://bucket/prefix*suffix`, `/data/inbox/*.csv` */
export const objectsText = ({ bucket, folder = '', prefix, suffix }: WatchedObjects): string =>
  `${bucket === undefined ? folder : `s3://${bucket}`}/${prefix}*${suffix}`;

/** Whether a schedule with `wanted` is about the object. */
export const isWatched = (
  { bucket, folder, prefix, suffix }: WatchedObjects,
  object: Pick<WatchedObjects, 'bucket' | 'folder'> & { readonly key: string },
): boolean =>
  bucket === object.bucket &&
  folder === object.folder &&
  object.key.length >= prefix.length + suffix.length &&
  object.key.startsWith(prefix) &&
  object.key.endsWith(suffix);

export const scheduleTag = (name: string): string => `schedule:${name}`;

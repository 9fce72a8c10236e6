/**
 * Names and ids.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS } from './limits.ts';

/** A run's id: a ULID in lower case, so that ids sort by the time of creation. */
export const runIdSchema = z
  .string()
  .regex(/^[0-9a-z]{26}$/)
  .brand<'RunId'>();
export type RunId = z.infer<typeof runIdSchema>;

const ULID_DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** When the run was created, milliseconds since the epoch: the first ten digits of its id. */
export const creationTimeOf = (run: RunId): number =>
  [...run.slice(0, 10)].reduce((time, digit) => time * 32 + ULID_DIGITS.indexOf(digit), 0);

/** The first ten digits of ids of this time, milliseconds since the epoch. */
export function timeDigitsOf(time: number): string {
  let digits = '';
  for (let rest = Math.max(0, Math.floor(time)); digits.length < 10; rest = Math.floor(rest / 32))
    digits = (ULID_DIGITS[rest % 32] ?? '0') + digits;
  return digits;
}

/** Lone surrogates (Cs) have no form in UTF-8: a store would change them. */
const NAME_CHARACTERS = /^[^\p{Cc}\p{Cs}\\#]*$/u;

/** Refused in every name, because a reader does not see them, and some programs remove them. */
export const hasOuterBlanks = (name: string): boolean => name !== name.trim();
const withoutOuterBlanks = (name: string): boolean => !hasOuterBlanks(name);

/** The name of a pipeline, component, artifact, model or queue. */
export const nameSchema = z
  .string()
  .min(1, 'a name must not be empty')
  .max(MAX_NAME_LENGTH, `a name may have ${MAX_NAME_LENGTH} characters at the most`)
  .regex(
    NAME_CHARACTERS,
    'a name may not hold control characters, backslashes or #, or half a character',
  )
  .refine(withoutOuterBlanks, 'a name may not start or end with a blank');

/** The name of an artifact or model in the message of a step. */
export const reportedNameSchema = z.string().min(1).max(MAX_NAME_LENGTH).regex(NAME_CHARACTERS);

/** A name that refers to another one: a parent, a monitored artifact. It may have no match. */
export const referenceSchema = (maxLength: number) =>
  z.string().max(maxLength).refine(withoutOuterBlanks, 'a name may not start or end with a blank');

export const tagSchema = z
  .string()
  .min(1, 'a tag must not be empty')
  .max(MAX_TAG_LENGTH)
  .refine(withoutOuterBlanks, 'a tag may not start or end with a blank');
export const tagsSchema = z.array(tagSchema).max(MAX_TAGS);

/** A project: names separated by `/`, as in `team/forecasts`. */
export const projectSchema = z
  .string()
  .min(1, 'a project must not be empty')
  .max(256)
  .regex(
    /^[\p{L}\p{N} ._-]+(\/[\p{L}\p{N} ._-]+)*$/u,
    'a project is names of letters, digits, blanks, ".", "_" and "-", separated by "/"',
  )
  .refine(
    (project) => !project.split('/').some((part) => /^\.+$/.test(part)),
    'a project may not have "." or ".." as a part',
  )
  .refine(
    (project) => project.split('/').every(withoutOuterBlanks),
    'a project, and each part of it, may not start or end with a blank',
  );

/** Whether the project is `tree` or below it: `team/forecasts` is below `team`. */
export const isWithinProject = (project: string, tree: string): boolean =>
  project === tree || project.startsWith(`${tree}/`);

/** The highest number of a version. Numbers of nine digits are exact, also one above the highest. */
export const MAX_VERSION_NUMBER = 999_999_999;
export const VERSION_PATTERN = /^\d{1,9}(\.\d{1,9}){0,2}$/;

/** `1`, `0.1` and `1.2.3` are versions; missing parts are 0, and leading zeros are dropped. */
export const versionSchema = z
  .string()
  .regex(
    VERSION_PATTERN,
    'a version is up to three numbers of at most nine digits each, as in 1.2.3',
  )
  .transform((version) => [...version.split('.'), '0', '0'].slice(0, 3).map(Number).join('.'));

/** The job name of a group. It is deterministic, so that the job can be found after a crash. */
export const jobName = (run: RunId, generation: number, group: number): string =>
  `${run}-${generation}-${group}`;

/** The run and the generation in the name of a group's job. */
export function jobNameParts(name: string): { readonly run: RunId; readonly generation: number } {
  const [run = '', generation = ''] = name.split('-');
  return { run: runIdSchema.parse(run), generation: Number(generation) };
}

/**
 * The name of the job that evaluates a run's logic.
 *
 * @param lost the number of earlier jobs that were lost
 */
export const evaluatorJobName = (run: RunId, generation: number, lost: number): string =>
  `${run}-${generation}-logic${lost}`;

/** The run of a group's or an evaluator's job; undefined for the name of any other job. */
export const runOfJob = (name: string): RunId | undefined =>
  runIdSchema.safeParse(/^([0-9a-z]{26})-\d+-(?:logic)?\d+$/.exec(name)?.[1]).data;

/** The run of an evaluator job's name; undefined for any other name. */
export const runOfEvaluatorJob = (name: string): RunId | undefined =>
  runIdSchema.safeParse(/^([0-9a-z]{26})-\d+-logic\d+$/.exec(name)?.[1]).data;

/** The group's number among those of its run, from its job's name. */
export const groupNumberOf = (name: string): number =>
  Number(name.slice(name.lastIndexOf('-') + 1));

/** One job of a group: the group's job name and the index in it. */
export interface JobIndex {
  readonly name: string;
  readonly index: number;
}

export const isSameJob = (a: JobIndex, b: JobIndex): boolean =>
  a.name === b.name && a.index === b.index;

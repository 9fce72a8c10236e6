/**
 * Names and ids.
 *
 * @module
 */
import { z } from 'zod';

/** A run's id: a ULID in lower case, so that ids sort by the time of creation. */
export const runIdSchema = z
  .string()
  .regex(/^[0-9a-z]{26}$/)
  .brand<'RunId'>();
export type RunId = z.infer<typeof runIdSchema>;

/** What a pipeline, component, artifact, model or queue may be called. */
export const nameSchema = z
  .string()
  .trim()
  .min(1, 'a name must not be empty')
  .max(128, 'a name may have 128 characters at the most')
  .regex(/^[^\p{Cc}\\#]*$/u, 'a name may not hold control characters, backslashes or #');

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
  );

/** `1`, `0.1` and `1.2.3` are versions; missing parts are 0. */
export const versionSchema = z
  .string()
  .regex(/^\d+(\.\d+){0,2}$/, 'a version is up to three numbers, as in 1.2.3')
  .transform((version) => [...version.split('.'), '0', '0'].slice(0, 3).map(Number).join('.'));

/** A group's job: deterministic, so that after a crash it is looked up before it is submitted again. */
export const jobName = (run: RunId, generation: number, group: number): string =>
  `${run}-${generation}-${group}`;

/** The job that evaluates a run's logic; `lost` counts those before it that were lost. */
export const evaluatorJobName = (run: RunId, generation: number, lost: number): string =>
  `${run}-${generation}-logic${lost}`;

/** The run of such a job's name; undefined if it is no such name. */
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

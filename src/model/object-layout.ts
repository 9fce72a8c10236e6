/**
 * The layout of the object store: the only place that builds the keys of objects.
 *
 * ```
 * code/<hash>.js, .mjs                                  bundles
 * code/<hash>.patch                                     uncommitted changes of local checkouts
 * p/<project>/data/<run>/<call>/<attempt>/<job>/        what one job of an attempt writes:
 *     values/<name>                                       return values
 *     artifacts/<n>-<name>                                artifacts of the step
 *     result.json, reports.json                           undelivered messages
 * p/<project>/data/packages/<identity>                  the record of installed packages
 * p/<project>/data/packages/archives/<hash>               and their archive
 * p/<project>/spec/<run>/<hash>                         large values of the logic
 * p/<project>/spec/<run>/<group>/spec                   specs of a group
 * p/<project>/spec/inputs/<period>/<hash>               files for `inputFile`, and lists of them
 * p/<project>/spec/stops/<run>/<generation>             functions of these jobs do not start
 * p/<project>/spec/stops/<run>/<job>.<index>
 * p/<project>/history/<run>/<generation>/               snapshots of the history, and a pointer
 *                                                         to the last one
 * p/<project>/history/<run>/tails/<hash>.gz             the events after a snapshot
 * p/<project>/history/<run>/answers/                    answers of an external evaluation
 * o/<project>/data/<run>/<call>/<attempt>/<job>/        what the job publishes:
 *     models/<n>-<name>                                   models
 *     artifacts/<n>-<name>                                artifacts of the run
 * o/<project>/spec/<run>/<hash>                         large artifacts of the run, of its logic
 * ```
 *
 * 1. A step's role writes `data` of its project, and reads `data`, `spec` and `code`. Only the
 *    engine reads and writes `history`. The same holds for both prefixes of projects.
 * 2. All objects of a run are below `runPrefixes`, so that they can be removed. Only `spec/stops` is
 *    not: a message of a removed run may still be in a queue, and its step must not start.
 *    `spec/inputs` belongs to the project: several runs use one object.
 * 3. No key is a folder of another key.
 * 4. What is below `p/` expires with the records that refer to it. What is below `o/` is published,
 *    and does not expire by default.
 *
 * @module
 */
import { type JobIndex, type RunId, runIdSchema } from './ids.ts';
import { daysToMs, INPUT_PERIOD_DAYS, objectDays, type Retention } from './retention.ts';
import type { RunInfo } from './run.ts';

type ProjectInfo = Pick<RunInfo, 'declaration' | 'project'>;
/** The part of a run that determines the prefixes of its objects. */
export type RunLocation = Pick<RunInfo, 'id' | 'declaration' | 'project'>;

/** The project that a run's steps and data belong to. */
export const projectOf = ({ declaration, project }: ProjectInfo): string =>
  declaration.targetProject ?? project;

// --- code

export const CODE_PREFIX = 'code/';

/** The extension of the document of source maps (`SourceMaps`). */
export const SOURCE_MAPS_EXTENSION = 'map';

/** The extension of the uncommitted changes of a local checkout. */
export const PATCH_EXTENSION = 'patch';

/** @param extension `js` for the logic, `mjs` for a module, `map` for source maps, `patch` for changes */
export const codeKey = (hash: string, extension: string): string =>
  `${CODE_PREFIX}${hash}.${extension}`;

/** Whether `key` is the key of the bundle with this hash (SHA-256, hex). */
export const isCodeKey = (key: string, hash: string): boolean =>
  /^[0-9a-f]{64}$/.test(hash) && (key === codeKey(hash, 'js') || key === codeKey(hash, 'mjs'));

// --- projects

/** Prefix of the keys of all projects, without what they publish. */
export const PROJECTS_PREFIX = 'p/';
/** Prefix of the keys of what all projects publish (rule 4). */
export const PUBLISHED_PREFIX = 'o/';
/**
 * Matches both prefixes in a policy: `?` is one character. No other key starts with one character
 * and a slash.
 */
export const ANY_PROJECTS_PATTERN = '?/';

type Root = typeof PROJECTS_PREFIX | typeof PUBLISHED_PREFIX;

/** Objects that expire, by the prefix of their keys. */
export interface ObjectExpiration {
  /** The name of the rule. */
  readonly id: string;
  readonly prefix: string;
  /** The age at which they expire. */
  readonly days: number;
}

/** The rules by which the store deletes objects. An object without a rule does not expire. */
export const objectExpirations = (
  retention: Retention,
  publishedDays: number | null,
): readonly ObjectExpiration[] => [
  { id: 'expired-runs', prefix: PROJECTS_PREFIX, days: objectDays(retention) },
  ...(publishedDays === null
    ? []
    : [{ id: 'expired-publications', prefix: PUBLISHED_PREFIX, days: publishedDays }]),
];

/** A slash in the project's name is not a slash of the key. */
export const projectPrefix = (project: string, root: string = PROJECTS_PREFIX): string =>
  `${root}${encodeURIComponent(project)}/`;

const KINDS = ['data', 'spec', 'history'] as const;
type Kind = (typeof KINDS)[number];

/** @param folder a project's prefix, or a pattern of such prefixes */
export const kindPrefix = (folder: string, kind: Kind): string => `${folder}${kind}/`;

const runPrefix = (info: RunLocation, kind: Kind, root: Root = PROJECTS_PREFIX): string =>
  `${kindPrefix(projectPrefix(projectOf(info), root), kind)}${info.id}`;

/** The run that an object belongs to; undefined for code and packages. */
export const runOfKey = (key: string): RunId | undefined =>
  runIdSchema.safeParse(/^[po]\/[^/]+\/(?:data|spec|spec\/stops|history)\/([^/]+)\//.exec(key)?.[1])
    .data;

/** The call whose job wrote an object below `data`; undefined for any other object. */
export function writerOfKey(
  key: string,
): { readonly run: RunId; readonly call: number; readonly attempt: number } | undefined {
  const run = runOfKey(key);
  const [, call, attempt] = /^[po]\/[^/]+\/data\/[^/]+\/(\d+)\/(\d+)\//.exec(key) ?? [];
  return run === undefined || call === undefined
    ? undefined
    : { run, call: Number(call), attempt: Number(attempt) };
}

/** Prefixes of all objects that a run and its steps write. */
export const runPrefixes = (info: RunLocation): readonly string[] => [
  ...KINDS.map((kind) => `${runPrefix(info, kind)}/`),
  ...(['data', 'spec'] as const).map((kind) => `${runPrefix(info, kind, PUBLISHED_PREFIX)}/`),
];

/** Whether `key` is an object that the steps of this project read: data or a spec. */
export const isStepReadable = (project: string, key: string): boolean =>
  [
    kindPrefix(projectPrefix(project), 'data'),
    kindPrefix(projectPrefix(project), 'spec'),
    kindPrefix(projectPrefix(project, PUBLISHED_PREFIX), 'data'),
  ].some((prefix) => key.startsWith(prefix)) && !key.split('/').includes('..');

// --- data

/** Prefix of the keys that the jobs of an attempt write: `StepSpec.outputPrefix`. */
export const outputPrefix = (info: RunLocation, call: number, attempt: number): string =>
  `${runPrefix(info, 'data')}/${call}/${attempt}`;

const jobPrefix = (output: string, job: string): string => `${output}/${job}`;

/**
 * A return value. @param output `StepSpec.outputPrefix` @param segment its name as a segment of a
 * key
 */
export const returnValueKey = (output: string, job: string, segment: string): string =>
  `${jobPrefix(output, job)}/values/${segment}`;

/** `model`, `artifact` of the step, and `runArtifact`, an artifact of its run. */
export type UploadKind = 'model' | 'artifact' | 'runArtifact';

/** An upload. @param number counts the uploads of the job */
export function uploadKey(
  output: string,
  job: string,
  kind: UploadKind,
  number: number,
  segment: string,
): string {
  const folder = kind === 'model' ? 'models' : 'artifacts';
  const key = `${jobPrefix(output, job)}/${folder}/${number}-${segment}`;
  return kind === 'artifact' ? key : key.replace(/^p\//, PUBLISHED_PREFIX);
}

/** A plot. @param number counts the uploads of the job @param extension as in `png` */
export const plotKey = (output: string, job: string, number: number, extension: string): string =>
  `${jobPrefix(output, job)}/plots/${number}.${extension}`;

/** The `finished` message that no queue accepted. */
export const resultKey = (output: string, job: string): string =>
  `${jobPrefix(output, job)}/result.json`;

/** The `reported` messages before it, as a list. */
export const reportsKey = (output: string, job: string): string =>
  `${jobPrefix(output, job)}/reports.json`;

/**
 * The prefix of a project's installed packages; undefined if `output` is not a prefix of this
 * layout.
 */
export function packagesPrefix(output: string): string | undefined {
  const folder = /^p\/[^/]+\/data\//.exec(output)?.[0];
  return folder === undefined ? undefined : `${folder}packages/`;
}

export const packageRecordKey = (packages: string, identity: string): string =>
  `${packages}${identity}`;

export const packageArchiveKey = (packages: string, hash: string): string =>
  `${packages}archives/${hash}`;

// --- specs

/** A large value that the controller stores for the steps of a run. */
export const specValueKey = (info: RunLocation, hash: string): string =>
  `${runPrefix(info, 'spec')}/${hash}`;

/** A large artifact of the run that its logic makes. */
export const logicArtifactKey = (info: RunLocation, hash: string): string =>
  `${runPrefix(info, 'spec', PUBLISHED_PREFIX)}/${hash}`;

/** The specs of a group's members. */
export const groupSpecKey = (project: string, run: RunId, group: string): string =>
  `${kindPrefix(projectPrefix(project), 'spec')}${run}/${group}/spec`;

const stopPrefix = (project: string, run: RunId): string =>
  `${kindPrefix(projectPrefix(project), 'spec')}stops/${run}/`;

/** Exists once all functions of the run's generation must stop. */
export const generationStopKey = (project: string, run: RunId, generation: number): string =>
  `${stopPrefix(project, run)}${generation}`;

/** Exists once the function of this job must stop. */
export const jobStopKey = (project: string, run: RunId, { name, index }: JobIndex): string =>
  `${stopPrefix(project, run)}${name}.${index}`;

// --- inputs

const inputsPrefix = (project: string): string =>
  `${kindPrefix(projectPrefix(project), 'spec')}inputs/`;

/**
 * A file for `inputFile`, or a list of such files. Content is uploaded again in each period, so
 * that it exists longer than the runs that start in the period.
 */
export const inputKey = (project: string, hash: string, now: number): string =>
  `${inputsPrefix(project)}${Math.floor(now / daysToMs(INPUT_PERIOD_DAYS))}/${hash}`;

/** The project of `StepSpec.outputPrefix`; empty for a prefix of another layout. */
export const projectOfOutput = (output: string): string =>
  decodeURIComponent(/^p\/([^/]+)\/data\//.exec(output)?.[1] ?? '');

/** Whether `key` is the key of an input of this project. */
export const isInputKey = (project: string, key: string): boolean =>
  key.startsWith(inputsPrefix(project)) &&
  /^\d+\/[0-9a-f]{64}$/.test(key.slice(inputsPrefix(project).length));

// --- history

const generationPrefix = (info: RunLocation, generation: number): string =>
  `${runPrefix(info, 'history')}/${generation}`;

/** The history up to these numbers of events and signatures. */
export const snapshotKey = (
  info: RunLocation,
  generation: number,
  events: number,
  signatures: number,
): string => `${generationPrefix(info, generation)}/${events}-${signatures}.gz`;

/** Names the last snapshot of a generation. */
export const latestSnapshotKey = (info: RunLocation, generation: number): string =>
  `${generationPrefix(info, generation)}/latest.json`;

export const historyTailKey = (info: RunLocation, hash: string): string =>
  `${runPrefix(info, 'history')}/tails/${hash}.gz`;

/** The answer of one evaluation by the external process of an epoch. */
export const answerObjectKey = (
  info: RunLocation,
  {
    generation,
    epoch,
    process,
    position,
    fromCommand,
  }: {
    readonly generation: number;
    readonly epoch: number;
    readonly process: string;
    readonly position: number;
    readonly fromCommand: number;
  },
): string =>
  `${runPrefix(info, 'history')}/answers/${generation}.${epoch}.${encodeURIComponent(process)}/${position}.${fromCommand}.json`;

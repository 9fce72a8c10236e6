/**
 * The commands on schedules, on this machine and behind an API alike.
 *
 * @module
 */
import { CommandLineError, NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { issueSentence } from '../model/issue-sentences.ts';
import type { Json, JsonObject } from '../model/json.ts';
import {
  isWatched,
  objectsText,
  type ScheduleName,
  type ScheduleSpec,
  scheduleSpecSchema,
  scheduleTag,
} from '../model/schedule.ts';
import { firingArguments, hasPlaceholder } from '../model/schedule-arguments.ts';
import { readTexts } from '../submit/arguments.ts';
import { type HintTarget, hint } from '../view/hints.ts';
import type { Output } from '../view/output.ts';
import type { PutSchedule, ScheduleDocument } from '../wire/schedules.ts';
import { withUsageErrors } from './errors.ts';
import { pipelinePath } from './nearest-pipelines.ts';
import type {
  AddScheduleOptions,
  JsonOption,
  ListModelsOptions,
  ModelOptions,
  RunScheduleOptions,
} from './option-types.ts';
import {
  findPipeline,
  findRunnableVersion,
  type PipelineCatalog,
  type RunnableVersionDocument,
} from './pipeline-catalog.ts';
import { printSchedule, printSchedules } from './schedule-output.ts';
import { requireTags } from './tags.ts';
import { addressedObject, watchedObjects } from './watched-objects.ts';

/** Where the commands read and change schedules. */
export interface ScheduleRecords {
  readonly hintTarget: HintTarget;
  /** What starts the runs: `headrace dev` on this machine, or the service itself. */
  readonly firesIn: 'dev' | 'service';
  readonly catalog: PipelineCatalog;
  list(project: string | undefined): Promise<readonly ScheduleDocument[]>;
  get(name: ScheduleName): Promise<ScheduleDocument>;
  put(request: PutSchedule): Promise<ScheduleDocument>;
  setPaused(name: ScheduleName, paused: boolean): Promise<void>;
  remove(name: ScheduleName): Promise<void>;
}

export async function listSchedules(
  records: ScheduleRecords,
  { project, json }: ListModelsOptions,
  output: Output,
): Promise<ExitCode> {
  await printSchedules(await records.list(project), json, records.hintTarget, output);
  return EXIT.completed;
}

export async function showSchedule(
  records: ScheduleRecords,
  name: string,
  { project, json }: ModelOptions & JsonOption,
  output: Output,
): Promise<ExitCode> {
  const schedule = await records.get(await findSchedule(records, name, project));
  await printSchedule(schedule, json, output);
  return EXIT.completed;
}

export async function addSchedule(
  records: ScheduleRecords,
  name: string,
  pipelineText: string,
  options: AddScheduleOptions,
  output: Output,
): Promise<ExitCode> {
  requireTags('--tag', options.tag);
  const version = await findRunnableVersion(records.catalog, pipelineText);
  const { project, pipeline } = version;
  const spec = readSpec({
    project,
    pipeline,
    name,
    ...(isPinned(pipelineText, version) ? { version: version.version } : {}),
    args: readArguments(options.arg, version),
    tags: options.tag,
    paused: options.paused === true,
    missed: options.missed ?? 'skip',
    cron: options.cron,
    timeZone: options.timeZone,
    every: options.every,
    after: await afterOf(records, options),
    object:
      options.onObject === undefined ? undefined : watchedObjects(options.onObject, process.cwd()),
  });
  const put = records.put({ spec, replace: options.replace === true });
  const schedule = await withUsageErrors(put);
  if (options.json) await output.write(`${JSON.stringify(schedule)}\n`);
  else await printAdded(records, schedule, output);
  return EXIT.completed;
}

async function printAdded(
  { hintTarget, firesIn }: ScheduleRecords,
  { spec, next }: ScheduleDocument,
  output: Output,
): Promise<void> {
  const runner =
    firesIn === 'dev' ? `its runs start while \`${hint(hintTarget, 'dev')}\` runs\n` : '';
  const when = spec.paused
    ? 'it is paused'
    : next === null
      ? 'it starts a run when that happens'
      : `next: ${next}`;
  await output.write(
    `schedule ${spec.name} of ${spec.project}/${spec.pipeline}: ${when}\n${runner}`,
  );
}

/** `project/pipeline@1.2.3` always runs this version. */
const isPinned = (text: string, { project, pipeline }: RunnableVersionDocument): boolean =>
  /@\d+(?:\.\d+){0,2}$/.test(text) && !pipelinePath({ project, name: pipeline }).endsWith(text);

/** @throws CommandLineError */
function readSpec(spec: object): ScheduleSpec {
  const parsed = scheduleSpecSchema.safeParse(spec);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = issue?.path[0] === undefined ? '' : `--${optionOf(String(issue.path[0]))}: `;
  throw new CommandLineError(
    issue === undefined
      ? 'the schedule is invalid'
      : issue.path.length === 0
        ? 'a schedule has exactly one of --cron, --every, --after and --on-object, and --time-zone belongs to --cron'
        : `${option}${issueSentence(issue)}`,
  );
}

const OPTIONS = new Map([
  ['timeZone', 'time-zone'],
  ['object', 'on-object'],
]);
const optionOf = (field: string): string => OPTIONS.get(field) ?? field;

async function afterOf(
  { catalog }: ScheduleRecords,
  { after, status }: AddScheduleOptions,
): Promise<NonNullable<ScheduleSpec['after']> | undefined> {
  if (after === undefined) {
    if (status !== undefined) throw new CommandLineError('--status belongs to --after');
    return undefined;
  }
  const { project, name } = await findPipeline(catalog, after);
  return { project, pipeline: name, status: status ?? 'completed' };
}

const ONE_PLACEHOLDER = /^\{\{\s*\w+\s*\}\}$/;

/** A text that is one placeholder is taken as it is, whatever the type of the parameter. */
function readArguments(
  texts: readonly string[],
  { signature, declaration: { argsMap } }: RunnableVersionDocument,
): JsonObject {
  const isPlaceholder = (text: string) => ONE_PLACEHOLDER.test(text.slice(text.indexOf('=') + 1));
  const given = readTexts(
    texts.filter((text) => !isPlaceholder(text)),
    signature,
    argsMap,
  );
  const args = new Map<string, Json>(given);
  for (const text of texts.filter(isPlaceholder)) {
    const equals = text.indexOf('=');
    args.set(text.slice(text.lastIndexOf('/', equals) + 1, equals).trim(), text.slice(equals + 1));
  }
  return Object.fromEntries(args);
}

export async function changeSchedule(
  records: ScheduleRecords,
  change: 'pause' | 'resume' | 'remove',
  text: string,
  { project }: ModelOptions,
  output: Output,
): Promise<ExitCode> {
  const name = await findSchedule(records, text, project);
  if (change === 'remove') await records.remove(name);
  else await records.setPaused(name, change === 'pause');
  const state = { pause: 'paused', resume: 'active', remove: 'removed' }[change];
  await output.write(`schedule ${name.name} of project ${name.project} is ${state}\n`);
  return EXIT.completed;
}

/** The run that `schedules run` starts. */
export async function requestOfSchedule(
  records: Pick<ScheduleRecords, 'hintTarget' | 'list' | 'get'>,
  text: string,
  { project, arg, tag, object }: Pick<RunScheduleOptions, 'project' | 'arg' | 'tag' | 'object'>,
): Promise<{
  readonly pipeline: string;
  readonly args: JsonObject;
  readonly tags: readonly string[];
}> {
  const { spec } = await records.get(await findSchedule(records, text, project));
  const args = firingArguments(spec.args, {
    due: new Date().toISOString(),
    ...(object === undefined ? {} : { object: objectOf(spec, object) }),
  });
  const isGiven = (name: string) =>
    arg.some((each) => each.startsWith(`${name}=`) || each.includes(`/${name}=`));
  const open = Object.entries(args).filter(
    ([name, value]) => hasPlaceholder(JSON.stringify(value)) && !isGiven(name),
  );
  const [first] = open;
  if (first !== undefined)
    throw new CommandLineError(
      `the argument ${first[0]} of schedule ${spec.name} is known when it fires only: give it with ${spec.object === undefined ? '' : '--object <address>, or '}--arg ${first[0]}=…`,
    );
  return {
    pipeline: `${spec.project}/${spec.pipeline}${spec.version === undefined ? '' : `@${spec.version}`}`,
    args: Object.fromEntries(Object.entries(args).filter(([name]) => !isGiven(name))),
    tags: [...new Set([...spec.tags, scheduleTag(spec.name), ...tag])],
  };
}

/** The address of the object. @throws CommandLineError if the schedule is not about it */
function objectOf({ name, object: wanted }: ScheduleSpec, text: string): string {
  if (wanted === undefined)
    throw new CommandLineError(`schedule ${name} is not about objects: leave out --object`);
  const object = addressedObject(text, process.cwd());
  if (isWatched(wanted, object)) return object.address;
  throw new CommandLineError(
    `--object: schedule ${name} is about ${objectsText(wanted)}, not about ${object.address}`,
  );
}

/** @throws NotFoundError, CommandLineError */
async function findSchedule(
  records: Pick<ScheduleRecords, 'hintTarget' | 'list'>,
  name: string,
  project: string | undefined,
): Promise<ScheduleName> {
  const all = await records.list(project);
  const found = all.filter(({ spec }) => spec.name === name);
  const [first, ...others] = found;
  if (first === undefined)
    throw new NotFoundError(
      `there is no schedule ${JSON.stringify(name)}${project === undefined ? '' : ` in project ${project}`}: \`${hint(records.hintTarget, 'schedules', 'list')}\` lists all`,
    );
  if (others.length > 0)
    throw new CommandLineError(
      `several projects have a schedule ${JSON.stringify(name)}: choose one with --project (${found.map(({ spec }) => spec.project).join(', ')})`,
    );
  return { project: first.spec.project, name };
}

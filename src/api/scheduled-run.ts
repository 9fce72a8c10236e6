/**
 * The run that a firing of a schedule starts.
 *
 * It has no starter, and therefore no uploaded files. In a version that another machine registered,
 * `inputFile` finds no path: the schedule is refused when it is added. A later version may name a
 * path. Its runs start nevertheless, because a run that fails is reported, and a firing is not.
 *
 * @module
 */
import { inputArguments } from '../model/input-arguments.ts';
import type { JsonObject } from '../model/json.ts';
import type { NewRun } from '../model/run.ts';
import { scheduleCreator } from '../model/run-creator.ts';
import { inputPath } from '../model/run-inputs.ts';
import { type FiringValues, type ScheduleSpec, scheduleTag } from '../model/schedule.ts';
import { firingArguments, SAMPLE_VALUES } from '../model/schedule-arguments.ts';
import { invalidField } from './problems.ts';
import { prepareNewRun, type RunCreationPorts } from './run-creation.ts';

/** Nothing is written. @throws ProblemError, or HeadraceError with the invalid `argument` */
export const prepareScheduledRun = async (
  ports: RunCreationPorts,
  id: NewRun['id'],
  { project, pipeline, version, name, tags, args }: ScheduleSpec,
  values: FiringValues,
): Promise<NewRun> =>
  await prepareNewRun(ports, id, {
    pipeline: { project, name: pipeline },
    version,
    args: firingArguments(args, values),
    tags: [...new Set([...tags, scheduleTag(name)])],
    noCache: false,
    defaultQueue: null,
    evaluator: undefined,
    createdBy: scheduleCreator(name),
  });

/**
 * @param run a run of the schedule, for the sample values
 * @throws ProblemError if runs of the schedule would need uploaded files
 */
export async function requireNoUploads(
  ports: Pick<RunCreationPorts, 'registry'>,
  run: NewRun,
  { name, pipeline, args }: ScheduleSpec,
): Promise<void> {
  if (run.code.projectRoot !== '') return;
  const path = await pathOfInput(ports, run, firingArguments(args, SAMPLE_VALUES));
  if (path !== undefined)
    throw invalidField(
      'pipeline',
      `version ${run.version} of ${pipeline} gives ${JSON.stringify(path)} to inputFile, and no process uploads files for the runs of schedule ${name}: put the file into a bucket, and give its s3 address, or an https address`,
    );
}

type Source = Pick<NewRun, 'code' | 'declaration'>;

/** A path that the logic, an argument or the option `inputs` names. */
async function pathOfInput(
  ports: Pick<RunCreationPorts, 'registry'>,
  info: Source,
  args: JsonObject,
): Promise<string | undefined> {
  const { code } = info;
  // Those of called pipelines are among them.
  const literals = code.inputs ?? [];
  const path = [...literals, ...inputArguments(code.signature, args)].find(
    (address) => inputPath(address) !== undefined || /^file:/i.test(address),
  );
  return path ?? (await declaredInput(ports, info));
}

/** The option `inputs` of the pipeline, and of those that it calls. */
async function declaredInput(
  ports: Pick<RunCreationPorts, 'registry'>,
  { code, declaration }: Source,
): Promise<string | undefined> {
  const [own] = declaration.inputs ?? [];
  if (own !== undefined) return own;
  for (const { project, name, version } of code.children ?? []) {
    const child = (await ports.registry.version({ project, name }, version))?.content;
    const input = child == null ? undefined : await declaredInput(ports, child);
    if (input !== undefined) return input;
  }
  return undefined;
}

/**
 * The run that a firing of a schedule starts.
 *
 * It has no starter, and therefore no uploaded files. In a version that another machine registered,
 * `inputFile` finds no path: such a run is refused when the schedule is added, and again at each
 * firing, because a later version may read a path.
 *
 * @module
 */
import { inputArguments } from '../model/input-arguments.ts';
import type { JsonObject } from '../model/json.ts';
import type { NewRun } from '../model/run.ts';
import { inputPath } from '../model/run-inputs.ts';
import { type FiringValues, type ScheduleSpec, scheduleTag } from '../model/schedule.ts';
import { firingArguments } from '../model/schedule-arguments.ts';
import { invalidField } from './problems.ts';
import { prepareNewRun, type RunCreationPorts } from './run-creation.ts';

/** Nothing is written. @throws ProblemError, or HeadraceError with the invalid `argument` */
export async function prepareScheduledRun(
  ports: RunCreationPorts,
  id: NewRun['id'],
  { project, pipeline, version, name, tags, ...spec }: ScheduleSpec,
  values: FiringValues,
): Promise<NewRun> {
  const args = firingArguments(spec.args, values);
  const info = await prepareNewRun(ports, id, {
    pipeline: { project, name: pipeline },
    version,
    args,
    tags: [...new Set([...tags, scheduleTag(name)])],
    noCache: false,
    defaultQueue: null,
    evaluator: undefined,
  });
  const path = info.code.projectRoot === '' ? await pathOfInput(ports, info, args) : undefined;
  if (path !== undefined)
    throw invalidField(
      'pipeline',
      `version ${info.version} of ${pipeline} gives ${JSON.stringify(path)} to inputFile, and no process uploads files for the runs of schedule ${name}: put the file into a bucket, and give its s3 address, or an https address`,
    );
  return info;
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
    (address) => inputPath(address) !== undefined,
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

/**
 * `headrace schedules apply`: makes the schedules of pipelines match their option `schedules`.
 *
 * 1. The code is registered first, because a schedule is checked against its version.
 * 2. Only schedules that were declared are changed or removed. Repeated, nothing changes: an apply
 *    that stopped is completed by the next one.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { PipelineName } from '../ports/registry.ts';
import { type CompiledPipeline, compile } from '../submit/compile.ts';
import type { Output } from '../view/output.ts';
import { pipelineNames } from './compile-file.ts';
import { withUsageErrors } from './errors.ts';
import type { ApplySchedulesOptions } from './option-types.ts';
import type { ScheduleRecords } from './schedules.ts';

export interface ApplyTarget {
  readonly records: Pick<ScheduleRecords, 'list' | 'put' | 'remove' | 'catalog'>;
  /** Stores the code, so that it runs without the file, and returns its version. */
  register(compiled: CompiledPipeline): Promise<string>;
}

interface Applied {
  readonly added: string[];
  readonly changed: string[];
  readonly unchanged: string[];
  readonly removed: string[];
}

export async function applySchedules(
  target: ApplyTarget,
  file: string,
  { pipeline, json }: ApplySchedulesOptions,
  output: Output,
): Promise<ExitCode> {
  const names = pipeline === undefined ? await pipelineNames(file) : [pipeline];
  const applied: Applied = { added: [], changed: [], unchanged: [], removed: [] };
  for (const name of names) {
    const compiled = await withUsageErrors(compile({ file, pipeline: name }));
    const note = await applyPipeline(target, compiled, applied);
    if (note !== undefined) output.note(note);
  }
  if (json) await output.write(`${JSON.stringify(applied)}\n`);
  else await output.write(linesOf(applied));
  return EXIT.completed;
}

/** Returns a line about schedules that run other code than that of the file. */
async function applyPipeline(
  target: ApplyTarget,
  compiled: CompiledPipeline,
  applied: Applied,
): Promise<string | undefined> {
  const { records } = target;
  const { project, name: pipeline, schedules = [] } = compiled.declaration;
  const before = (await records.list(project)).filter(({ spec }) => spec.project === project);
  const byName = new Map(before.map((each) => [each.spec.name, each]));
  const foreign = schedules.find(({ name }) => byName.get(name)?.declared === false);
  if (foreign !== undefined)
    throw new CommandLineError(
      `project ${project} has another schedule ${foreign.name}, which was added by a command: remove it, or declare another name`,
    );
  const other = schedules.find(
    ({ name }) => (byName.get(name)?.spec.pipeline ?? pipeline) !== pipeline,
  );
  if (other !== undefined)
    throw new CommandLineError(
      `the schedule ${other.name} is declared by pipeline ${byName.get(other.name)?.spec.pipeline} of project ${project}, too: remove that schedule, or declare another name`,
    );
  const version =
    schedules.length === 0 ? undefined : await withUsageErrors(target.register(compiled));
  for (const declared of schedules) {
    const request = { spec: { ...declared, project, pipeline }, replace: true, declared: true };
    const { spec } = await withUsageErrors(records.put(request));
    const earlier = byName.get(declared.name);
    const isSame = JSON.stringify(earlier?.spec) === JSON.stringify(spec);
    applied[earlier === undefined ? 'added' : isSame ? 'unchanged' : 'changed'].push(spec.name);
  }
  for (const { spec, declared } of before) {
    const isDeclared = schedules.some(({ name }) => name === spec.name);
    if (!declared || spec.pipeline !== pipeline || isDeclared) continue;
    await records.remove({ project, name: spec.name });
    applied.removed.push(spec.name);
  }
  return version === undefined
    ? undefined
    : await noteOfOtherCode(records, { project, name: pipeline }, version, schedules);
}

/** The file may have the code of an earlier version again. */
async function noteOfOtherCode(
  { catalog }: Pick<ScheduleRecords, 'catalog'>,
  pipeline: PipelineName,
  version: string,
  schedules: readonly { readonly name: string; readonly version?: string | undefined }[],
): Promise<string | undefined> {
  const names = schedules.flatMap((each) => (each.version === undefined ? [each.name] : []));
  const [highest] = names.length === 0 ? [] : await catalog.versions(pipeline, 1);
  return highest === undefined || highest.version === version
    ? undefined
    : `schedule ${names.join(', ')} runs version ${highest.version} of ${pipeline.name}, the highest one, and the file has the code of version ${version}: name it in the schedule (version: '${version}'), or raise the option version of the pipeline above ${highest.version}`;
}

function linesOf(applied: Applied): string {
  const lines = Object.entries(applied).flatMap(([what, names]: [string, readonly string[]]) =>
    names.map((name) => `schedule ${name}: ${what}\n`),
  );
  return lines.length === 0 ? 'the pipelines declare no schedules\n' : lines.join('');
}

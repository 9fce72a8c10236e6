/**
 * The specs of a group's members: what each runner is told, derived from the records alone, so that a launch can be repeated.
 *
 * @module
 */

import { projectOf, projectPrefix } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Step } from '../../model/step.ts';
import { isStored, type Ref, type Value } from '../../model/value.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import type { Group } from '../../ports/tasks.ts';
import type { Turn } from './turn.ts';

type ResolvedRef = StepSpec['refs'][number];

const EMPTY_LIST: Value = { format: 'json', text: '[]' };

/** The project whose steps and data a run's steps belong to. */
export const stepProject = ({ info }: Pick<Turn, 'info'>): string => projectOf(info);

/** Prefix of the keys that an attempt may write. */
export const outputPrefix = (turn: Turn, step: Step, attempt: number): string =>
  `${projectPrefix(turn.info)}/data/${turn.id}/${step.call}/${attempt}`;

/** Prefix of what the controller keeps for the steps of a run: they may read it, not write. */
export const specPrefix = (turn: Pick<Turn, 'id' | 'info'>): string =>
  `${projectPrefix(turn.info)}/spec/${turn.id}`;

/** Prefixes of all that a run and its steps wrote. */
export const runPrefixes = (info: RunInfo): readonly string[] =>
  ['data', 'spec', 'history'].map((kind) => `${projectPrefix(info)}/${kind}/${info.id}/`);

export async function buildJobGroup(turn: Turn, group: Group): Promise<JobGroup> {
  await turn.load(group.members.map((member) => member.call));
  const specs = await Promise.all(
    group.members.map(({ call, attempt }) => buildStepSpec(turn, call, attempt, group.name)),
  );
  const { docker, dockerArgs, dockerBashSetupScript, repo, repoBranch, repoCommit, secrets } =
    (await turn.component(group.component))?.declaration ?? {};
  return {
    name: group.name,
    queue: group.queue,
    specs,
    container: { docker, dockerArgs, dockerBashSetupScript, repo, repoBranch, repoCommit, secrets },
  };
}

async function buildStepSpec(
  turn: Turn,
  call: number,
  attempt: number,
  job: string,
): Promise<StepSpec> {
  const { info } = turn;
  const step = await turn.requireStep(call);
  const declaration = turn.declaration(step);
  const code = info.code.components.find((component) => component.id === declaration.id);
  if (code === undefined)
    throw new Error(`the code of component ${declaration.id} is not part of the pipeline's code`);
  const { serializers } = info.code;
  return {
    run: turn.id,
    call,
    attempt,
    pipeline: info.pipeline,
    project: step.project,
    runNumber: info.number,
    step: step.name,
    component: step.component,
    codeKey: code.bundle.key,
    codeHash: code.bundle.hash,
    resolvedImports: code.bundle.resolvedImports,
    packages: code.bundle.packages,
    serializers:
      serializers === null
        ? null
        : {
            key: serializers.key,
            hash: serializers.hash,
            resolvedImports: serializers.resolvedImports,
            serializer: info.declaration.hasSerializer,
            deserializer: info.declaration.hasDeserializer,
          },
    args: step.args.data,
    refs: await resolveRefs(turn, step.args.refs),
    returnValues: declaration.returnValues,
    timeoutSeconds: declaration.timeoutSeconds ?? null,
    outputPrefix: outputPrefix(turn, step, attempt),
    projectRoot: info.code.projectRoot,
    workingDir: declaration.workingDir ?? null,
    token: turn.context.token(job),
  };
}

/** The values behind a step's references, in the order in which they are to be placed. The whole of several values is a list of them. */
export async function resolveRefs(turn: Turn, refs: readonly Ref[]): Promise<ResolvedRef[]> {
  await turn.load(refs.map((ref) => ref.call));
  const resolved: ResolvedRef[] = [];
  for (const { path, call, value } of refs) {
    const parent = await turn.requireStep(call);
    const targetPath = [...path];
    if (parent.values === null) resolved.push({ path: targetPath, value: null });
    else if (value !== null)
      resolved.push({ path: targetPath, value: parent.values[value] ?? null });
    else if (parent.values.length === 1)
      resolved.push({ path: targetPath, value: parent.values[0] ?? null });
    else {
      resolved.push({ path: targetPath, value: EMPTY_LIST });
      parent.values.forEach((item, index) => {
        resolved.push({ path: [...targetPath, index], value: item });
      });
    }
  }
  return resolved;
}

/** What a value is known by in a cache key: its content. */
export const contentIdentity = (value: Value | null): string =>
  value === null
    ? ''
    : isStored(value)
      ? `${value.format}:${value.hash}`
      : `${value.format}=${value.text}`;

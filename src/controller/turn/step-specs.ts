/**
 * Builds the specs of a group's members. A spec is derived from the records alone, so that a launch
 * can be repeated.
 *
 * @module
 */

import { childPipelineId } from '../../model/child-pipeline.ts';
import type { Bundle } from '../../model/code.ts';
import { jobSettingsOf } from '../../model/container-settings.ts';
import type { RunId } from '../../model/ids.ts';
import { INPUT_FILE_COMPONENT } from '../../model/input-file.ts';
import { outputPrefix } from '../../model/object-layout.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { type PlacedValue, valuesOfRefs } from '../../model/placed-values.ts';
import type { RunInfo } from '../../model/run.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { Arguments, Ref, Value } from '../../model/value.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import type { Group } from '../../ports/tasks.ts';
import type { ControllerContext } from '../context.ts';
import type { StepReader } from './working-set.ts';

/** What the specs of a run's steps are derived from; a `Turn` is one. */
interface SpecSource extends StepReader {
  readonly id: RunId;
  readonly info: RunInfo;
  readonly context: Pick<ControllerContext, 'token'>;
}

export async function buildJobGroup(source: SpecSource, group: Group): Promise<JobGroup> {
  await source.load(group.members.map((member) => member.call));
  const specs = await Promise.all(
    group.members.map(({ call, attempt }) => buildStepSpec(source, call, attempt, group.name)),
  );
  const component = await source.component(group.component);
  const pipelineId = childPipelineId(component?.declaration.id);
  return {
    name: group.name,
    queue: group.queue,
    specs,
    container: jobSettingsOf(component?.declaration ?? {}),
    ...(component?.declaration.id === INPUT_FILE_COMPONENT.id ? { readsHostFiles: true } : {}),
    ...(pipelineId === undefined
      ? {}
      : {
          childRuns: {
            pipelineId,
            parent: source.info,
            previousJobs: await Promise.all(
              group.members.map(
                async ({ call, attempt }) =>
                  (await source.requireStep(call)).attempts[attempt - 2]?.job,
              ),
            ),
          },
        }),
  };
}

/** A child run has code of its own. */
const NO_BUNDLE: Pick<Bundle, 'key' | 'hash' | 'resolvedImports' | 'packages'> = {
  key: '',
  hash: '',
  resolvedImports: {},
  packages: [],
};

function bundleOf({ code }: RunInfo, id: string): typeof NO_BUNDLE {
  if (childPipelineId(id) !== undefined) return NO_BUNDLE;
  const component = code.components.find((each) => each.id === id);
  if (component === undefined)
    throw new Error(`the code of component ${id} is not part of the pipeline's code`);
  return component.bundle;
}

async function buildStepSpec(
  source: SpecSource,
  call: number,
  attempt: number,
  job: string,
): Promise<StepSpec> {
  const { info } = source;
  const step = await source.requireStep(call);
  const declaration = source.declaration(step);
  const bundle = bundleOf(info, declaration.id);
  const { serializers } = info.code;
  return {
    run: source.id,
    call,
    attempt,
    pipeline: info.pipeline,
    project: step.project,
    runNumber: info.number,
    step: step.name,
    component: step.component,
    codeKey: bundle.key,
    codeHash: bundle.hash,
    resolvedImports: bundle.resolvedImports,
    packages: bundle.packages,
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
    ...(info.code.sourceMaps === undefined ? {} : { sourceMaps: info.code.sourceMaps }),
    args: step.args.data,
    refs: await placedValues(source, step.args),
    returnValues: declaration.returnValues,
    timeoutSeconds: declaration.timeoutSeconds ?? null,
    outputPrefix: outputPrefix(info, call, attempt),
    projectRoot: info.code.projectRoot,
    workingDir: declaration.workingDir ?? null,
    ...(declaration.environment === undefined ? {} : { environment: declaration.environment }),
    ...notesReads(declaration, info.code.projectRoot),
    ...(info.inputs === undefined || declaration.id !== INPUT_FILE_COMPONENT.id
      ? {}
      : { inputs: info.inputs }),
    ...(declaration.isolation === 'shared' ? { isolation: declaration.isolation } : {}),
    token: source.context.token(job),
  };
}

/** The large parts of arguments and the values of their references, as they must be placed. */
export const placedValues = async (
  steps: StepReader,
  { parts = [], refs }: Arguments,
): Promise<PlacedValue[]> => [...parts, ...(await resolveRefs(steps, refs))];

/** A container has no files of the project, and its spec does not grow. */
const notesReads = (
  { cache }: Pick<ComponentDeclaration, 'cache'>,
  projectRoot: string,
): Pick<StepSpec, 'notesReads'> =>
  cache === false || projectRoot === '' ? {} : { notesReads: true };

async function resolveRefs(steps: StepReader, refs: readonly Ref[]): Promise<PlacedValue[]> {
  await steps.load(refs.map((ref) => ref.call));
  const values = new Map<number, readonly Value[] | null>();
  for (const { call } of refs) values.set(call, (await steps.requireStep(call)).values);
  return valuesOfRefs(refs, values);
}

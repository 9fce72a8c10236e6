/**
 * Calls of `useModel`: steps without a job, which the controller completes with a version of a
 * registered model.
 *
 * 1. The version is chosen once: its completion is an event of the history. A replay and a resume
 *    have the same version, whatever is published later.
 * 2. The use is recorded with the version before the removal of its run is checked. A removal is
 *    recorded before it reads which objects stay. So the removal finds the use, or this function
 *    finds the removal.
 * 3. If the commit fails, the next turn chooses again, and may find another version. A use that no
 *    run has keeps an object too long, which is harmless.
 *
 * @module
 */
import { decode, encode, fromInline, toInline } from '../../codec/index.ts';
import { type ModelVersion, parseModelReference } from '../../model/model-version.ts';
import { projectOf, writerOfKey } from '../../model/object-layout.ts';
import type { Step } from '../../model/step.ts';
import { USE_MODEL_COMPONENT } from '../../model/use-model.ts';
import { isStored } from '../../model/value.ts';
import { findUsedVersion } from '../../ports/model-registry.ts';
import type { Turn } from '../turn/turn.ts';
import { completeStep } from './step-completion.ts';

export const isModelUse = (turn: Turn, step: Step): boolean =>
  turn.declaration(step).id === USE_MODEL_COMPONENT.id;

/** Completes the step with the version that its argument names, or fails it. */
export async function provideModel(turn: Turn, step: Step): Promise<void> {
  const now = turn.context.clock.now();
  const started: Step = { ...step, waitingFor: 'none', startedAt: step.startedAt ?? now };
  const reference = referenceOf(step);
  const found = await findVersion(turn, reference);
  if (typeof found === 'string')
    return completeStep(
      turn,
      turn.put({
        ...started,
        status: 'failed',
        error: {
          name: 'UseModelError',
          message: `useModel(${JSON.stringify(reference)}): ${found}`,
          step: step.name,
          class: 'HeadraceError',
          fields: { reference, reason: found },
        },
      }),
    );
  const { project, name, version, framework, metadata, value } = found;
  const info = { project, name, version, framework, metadata };
  return completeStep(
    turn,
    turn.put({
      ...started,
      status: 'completed',
      values: [value, toInline(encode(info))],
      usedModel: { project, name, version },
    }),
  );
}

function referenceOf({ args: { data } }: Step): string {
  const list: unknown = isStored(data) ? [] : decode(fromInline(data));
  const [reference]: unknown[] = Array.isArray(list) ? list : [];
  return typeof reference === 'string' ? reference : '';
}

/** The version, whose object stays from now on, or the reason why there is none. */
async function findVersion(turn: Turn, text: string): Promise<ModelVersion | string> {
  const { models, removal, objects, settings } = turn.context;
  const reference = parseModelReference(text);
  if (typeof reference === 'string') return reference;
  const ownProject = projectOf(turn.info);
  const { project = ownProject } = reference;
  if (project !== ownProject && !settings.readsOtherProjects)
    return `steps of project ${ownProject} cannot read the objects of project ${project} in AWS. Publish the model in project ${ownProject}`;
  const version = await findUsedVersion(models, reference, ownProject);
  if (typeof version === 'string') return version;
  await models.markUsed(version);
  const { key, size } = version.value;
  const writer = writerOfKey(key)?.run;
  if (writer !== undefined && (await removal.isBeingRemoved(writer)))
    return `the run of version ${version.version} is being removed: try again when its removal has ended`;
  if ((await objects.size(key)) !== size)
    return `the object of version ${version.version} is missing or damaged: ${key}`;
  return version;
}

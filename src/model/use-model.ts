/**
 * The component behind `useModel`: its calls are steps without a job, whose result is a version of
 * a registered model.
 *
 * @module
 */
import type { ModelName } from './model-version.ts';

export const USE_MODEL_COMPONENT = {
  /** No component of a project has this id: those contain the path of a source file. */
  id: 'headrace#useModel',
  name: 'useModel',
  style: 'positional',
  parameters: ['reference'],
} as const;

/** Never cached: another version may be published. */
export const USE_MODEL_OPTIONS = { returnValues: ['file', 'info'] } as const;

/** A version of a registered model. */
export interface UsedModel extends ModelName {
  readonly version: number;
}

export const isSameVersion = (a: UsedModel, b: UsedModel | undefined): boolean =>
  a.project === b?.project && a.name === b.name && a.version === b.version;

/** `iris@3` */
export const usedModelText = ({ name, version }: UsedModel): string => `${name}@${version}`;

/** The most steps that the list of a version's uses names for each. */
export const MAX_LISTED_RECEIVERS = 20;

/** Where a call of `useModel` has no meaning. */
export const USE_MODEL_IN_STEP =
  'it stands for an argument of a step, so the pipeline calls it: pass what it returns to the step';

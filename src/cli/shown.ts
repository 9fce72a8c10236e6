/**
 * What is shown of runs and steps, wherever their records are: on this machine or behind an API.
 *
 * @module
 */
import type { Artifact, Model } from '../model/artifacts.ts';
import type { RunHead, RunInfo } from '../model/run.ts';
import type { Attempt, Step } from '../model/step.ts';

export type ShownArtifact = Omit<Artifact, 'value'>;
export type ShownModel = Omit<Model, 'value'>;

interface Things {
  readonly artifacts: readonly ShownArtifact[];
  readonly models: readonly ShownModel[];
}

export interface ShownRun {
  readonly info: Pick<
    RunInfo,
    'id' | 'pipeline' | 'project' | 'version' | 'number' | 'args' | 'createdAt' | 'rerunOf'
  >;
  readonly head: Pick<
    RunHead,
    | 'status'
    | 'tags'
    | 'callCount'
    | 'result'
    | 'error'
    | 'callbackErrors'
    | 'startedAt'
    | 'endedAt'
  > &
    Things;
}

/** What lists show of a run. */
export interface ListedRun {
  readonly info: Pick<RunInfo, 'id' | 'pipeline' | 'project' | 'version' | 'number' | 'createdAt'>;
  readonly head: Pick<RunHead, 'status' | 'tags' | 'startedAt' | 'endedAt'>;
}

export type ShownAttempt = Pick<
  Attempt,
  'number' | 'status' | 'exitCode' | 'reason' | 'startedAt' | 'endedAt'
>;

type Facts =
  | 'call'
  | 'name'
  | 'component'
  | 'project'
  | 'taskType'
  | 'tags'
  | 'status'
  | 'waitingFor'
  | 'parentNames'
  | 'parentCount'
  | 'queue'
  | 'cacheKey';

export interface ShownStep
  extends Pick<Step, Facts | 'cachedFrom' | 'error' | 'createdAt' | 'startedAt' | 'endedAt'>,
    Things {
  readonly attempts: readonly ShownAttempt[];
}

/**
 * The fields of runs and steps that commands show. Local records and the documents of an API both
 * fit them.
 *
 * @module
 */
import type { Artifact, Model } from '../model/artifacts.ts';
import type { PipelineCode } from '../model/code.ts';
import type { PipelineDeclaration } from '../model/options.ts';
import type { ParentStep, RunHead, RunInfo } from '../model/run.ts';
import type { RunSignals } from '../model/signals.ts';
import type { Attempt, Step, Waiting } from '../model/step.ts';

export type ArtifactViewModel = Omit<Artifact, 'value'>;
export type ModelViewModel = Omit<Model, 'value'>;

/** The options that the label of a run depends on. */
interface LabelOptions {
  readonly declaration?: Partial<Pick<PipelineDeclaration, 'addRunNumber' | 'argsMap'>> | undefined;
}

/** The step that started a child run. */
type ParentLabel = Pick<ParentStep, 'run' | 'pipeline' | 'number' | 'step'>;

export interface RunViewModel {
  readonly info: Pick<
    RunInfo,
    | 'id'
    | 'pipeline'
    | 'project'
    | 'version'
    | 'number'
    | 'args'
    | 'createdAt'
    | 'createdBy'
    | 'rerunOf'
  > &
    LabelOptions & {
      readonly parent?: ParentLabel | undefined;
      /** `projectRoot` is empty if the project is not on this machine. */
      readonly code: Pick<PipelineCode, 'id' | 'projectRoot'>;
    };
  readonly head: Pick<
    RunHead,
    | 'status'
    | 'tags'
    | 'note'
    | 'archived'
    | 'callCount'
    | 'result'
    | 'error'
    | 'abortedBy'
    | 'callbackErrors'
    | 'startedAt'
    | 'endedAt'
  > &
    AwaitedSignals;
}

/** The signals that the logic waits for. */
export interface AwaitedSignals {
  readonly signals?: Pick<RunSignals, 'awaited'> | undefined;
}

/** The fields of a run in a list. */
export interface RunListItem {
  readonly info: Pick<
    RunInfo,
    'id' | 'pipeline' | 'project' | 'version' | 'number' | 'createdAt' | 'createdBy'
  > &
    LabelOptions & { readonly parent?: ParentLabel | undefined };
  readonly head: Pick<RunHead, 'status' | 'tags' | 'archived' | 'startedAt' | 'endedAt'> &
    AwaitedSignals;
}

export interface AttemptViewModel
  extends Pick<
    Attempt,
    | 'number'
    | 'status'
    | 'exitCode'
    | 'reason'
    | 'error'
    | 'infrastructure'
    | 'queuedAt'
    | 'startedAt'
    | 'endedAt'
  > {
  readonly waiting?: Pick<Waiting, 'reason'> | undefined;
  /** False: an API states that it has no log yet. */
  readonly hasLog?: boolean | undefined;
  readonly hasPlots?: boolean | undefined;
  readonly artifacts?: readonly { readonly name: string }[] | undefined;
  readonly models?: readonly { readonly name: string }[] | undefined;
}

type StepField =
  | 'call'
  | 'name'
  | 'component'
  | 'project'
  | 'taskType'
  | 'options'
  | 'tags'
  | 'status'
  | 'waitingFor'
  | 'slot'
  | 'parentNames'
  | 'parentCount'
  | 'queue'
  | 'cacheKey'
  | 'arguments'
  | 'retryAt'
  | 'adoptedFrom'
  | 'usedModel'
  | 'childRun';

export interface StepViewModel
  extends Pick<Step, StepField | 'cachedFrom' | 'error' | 'createdAt' | 'startedAt' | 'endedAt'> {
  readonly artifacts: readonly ArtifactViewModel[];
  readonly models: readonly ModelViewModel[];
  readonly attempts: readonly AttemptViewModel[];
  /** Why it waits, if an API states it. */
  readonly waitingReason?: string | null | undefined;
}

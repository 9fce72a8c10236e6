/**
 * What the API needs: ports for reading, and functions that request changes of runs. `lambda/api`
 * provides both in AWS, `headrace dev` locally.
 *
 * 1. The API changes no run and no step; it sends requests to the controller (rule 1 of
 *    docs/design.md). Every function of `RunControl` is safe to call twice.
 *
 * @module
 */

import type { Model } from '../model/artifacts.ts';
import type { CostModel } from '../model/compute-costs.ts';
import type { ErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { ModelVersion } from '../model/model-version.ts';
import type { EvaluatedBy, NewRun, Run } from '../model/run.ts';
import type { Caller } from '../model/run-creator.ts';
import type { Schedule, ScheduleName, ScheduleSpec } from '../model/schedule.ts';
import type { Step } from '../model/step.ts';
import type { Cache } from '../ports/cache.ts';
import type { Clock } from '../ports/clock.ts';
import type { IdempotencyKeys } from '../ports/idempotency-keys.ts';
import type { Limits } from '../ports/limits.ts';
import type { Links } from '../ports/links.ts';
import type { Logs } from '../ports/logs.ts';
import type { ModelRegistry } from '../ports/model-registry.ts';
import type { Objects } from '../ports/objects.ts';
import type { QueueLoads } from '../ports/queue-loads.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import type { Schedules } from '../ports/schedules.ts';
import type { RunQueries, Tasks } from '../ports/tasks.ts';
import type { RegisterVersion } from '../wire/pipelines.ts';
import type { DeclaredQueue, FieldProblem, Service } from '../wire/service.ts';
import type { ChangeSignals } from './change-stream.ts';

/** A version with its content, of which a run can be created. */
export interface RunnableVersion {
  readonly version: string;
  readonly content: VersionContent;
}

export interface RunRequest {
  readonly id: RunId;
  /** By parameter name, as received. */
  readonly args: JsonObject;
  readonly tags: readonly string[];
  readonly noCache: boolean;
  readonly defaultQueue: string | null;
  readonly evaluatedBy: EvaluatedBy | undefined;
  readonly createdBy: string | undefined;
}

export interface RerunRequest {
  readonly id: RunId;
  /** The first step that runs again; null: every step does. */
  readonly from: string | null;
  /** Adopts all completed calls; `from` is null then. */
  readonly keepCompleted: boolean;
  /** The version to run; null: the code of the source run. */
  readonly version: RunnableVersion | null;
  /** Arguments that replace those of the source run, by name, as received. */
  readonly args?: JsonObject | undefined;
  readonly tags: readonly string[];
  /** Absent: as the source run. */
  readonly noCache?: boolean | undefined;
  readonly createdBy: string | undefined;
}

export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** An absent field stays as it is. */
export interface AnnotationChange {
  /** Null removes the note. */
  readonly note?: string | null | undefined;
  readonly archived?: boolean | undefined;
}

export interface SignalRequest {
  /** A signal that is sent twice with one id counts once. */
  readonly id: string;
  readonly name: string;
  /** As JSON. */
  readonly value: string;
}

export interface RunControl {
  newId(): RunId;
  /**
   * The info of a new run; its arguments are checked and completed.
   *
   * @throws HeadraceError with the invalid `argument`, and the `path` inside it
   */
  prepare(version: RunnableVersion, request: RunRequest): NewRun;
  /** Creates the run, unless it exists, and starts it. */
  create(info: NewRun): Promise<Run>;
  /**
   * Requests that a failed, aborted or interrupted run continues.
   *
   * @throws HeadraceError if its state does not allow it
   */
  resume(run: Run): Promise<void>;
  /**
   * The info of a rerun of `source`; with `version`, of that code.
   *
   * @throws HeadraceError if the state of `source` does not allow it, or with the invalid `argument`
   */
  prepareRerun(source: Run, request: RerunRequest): NewRun;
  abort(run: Run, reason: string): Promise<void>;
  /** Sends a signal to a run that has not ended. */
  signal(run: Run, signal: SignalRequest): Promise<void>;
  /** Requests a change of the run's tags, in any state. */
  tag(run: Run, change: TagChange): Promise<void>;
  /** Requests a change of the run's note, or of whether it is archived. */
  annotate(run: Run, change: AnnotationChange): Promise<void>;
  /** Removes a terminal run with the objects that it and its steps wrote. */
  remove(run: Run): Promise<void>;
}

/** Identifies the evaluation request that an answer belongs to. */
export interface EvaluationAnswerKey {
  readonly epoch: number;
  readonly process: string;
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
}

/** External evaluation: logic that the engine does not evaluate itself. */
export interface EvaluationControl {
  /**
   * Whether jobs can evaluate logic. If false, the engine evaluates pipelines that name a queue.
   */
  readonly jobs: boolean;
  /** If false, a run that its caller or a job would evaluate is refused. */
  readonly accepted: boolean;
  /** The token for the external evaluation of the run. */
  token(run: RunId): string;
  /** Requests that only this process is accepted as the evaluator from now on. */
  claim(run: Run, epoch: number, process: string): Promise<void>;
  areCommands(page: readonly unknown[]): boolean;
  /** Stores the answer where the controller reads it, and notifies the controller. */
  answer(
    run: Run,
    answerKey: EvaluationAnswerKey,
    answer:
      | { readonly kind: 'page'; readonly commands: readonly unknown[]; readonly more: boolean }
      | { readonly kind: 'broken'; readonly error: ErrorRecord },
  ): Promise<void>;
}

/** A model of a run that is to be published. */
export interface PublishModelRequest {
  readonly run: Run;
  /** Null: the model of the run itself. */
  readonly step: Step | null;
  readonly model: Model;
  /** The name of the registered model. */
  readonly name: string;
  readonly tags: readonly string[];
}

export interface ModelControl {
  readonly registry: ModelRegistry;
  /** A repeated request returns the same version. @throws HeadraceError if its file is missing */
  publish(request: PublishModelRequest): Promise<ModelVersion>;
  /** @throws HeadraceError if its file is missing */
  republish(version: ModelVersion): Promise<ModelVersion>;
}

export interface ScheduleControl {
  readonly schedules: Schedules;
  /**
   * Adds or replaces a schedule; with an equal one on record, nothing changes.
   *
   * @throws HeadraceError if it could start no run, or exists and `replace` is false
   */
  put(
    spec: ScheduleSpec,
    options: { readonly replace: boolean; readonly declared: boolean },
  ): Promise<Schedule>;
  /** @throws ProblemError if it does not exist */
  setPaused(name: ScheduleName, paused: boolean): Promise<Schedule>;
  /** Returns whether it existed. */
  remove(name: ScheduleName): Promise<boolean>;
}

export interface ApiPorts {
  readonly tasks: Pick<
    Tasks,
    'run' | 'steps' | 'callsNamed' | 'component' | 'parents' | 'children' | 'events' | 'signatures'
  >;
  readonly queries: RunQueries;
  readonly cache: Pick<Cache, 'entry' | 'entries' | 'holder' | 'clear'>;
  readonly limits: Pick<Limits, 'read'>;
  readonly registry: Registry;
  readonly models: ModelControl;
  readonly schedules: ScheduleControl;
  readonly objects: Pick<Objects, 'get' | 'size' | 'slice'>;
  readonly links: Links;
  readonly logs: Logs;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly runs: RunControl;
  readonly evaluations: EvaluationControl;
  readonly clock: Clock;
  /** Absent where a response cannot stay open: changes are documents then. */
  readonly changeSignals?: ChangeSignals | undefined;
  /** Absent if nothing is charged: on a machine of one's own. */
  readonly costs?: CostModel | undefined;
  readonly service: Service;
  /** What this service offers (`features` of `GET /v1/me`). */
  readonly features: readonly string[];
  /**
   * The caller of a request.
   *
   * @param env what the server passed with the request
   */
  callerOf(env: unknown): Caller;
  /** `acceptsAnyName`: every other name is a queue, too. */
  queues(): { readonly items: readonly DeclaredQueue[]; readonly acceptsAnyName: boolean };
  /** Absent if the load of no queue is known. */
  readonly queueLoads?: QueueLoads | undefined;
  /** Problems of a version that only the executor of its steps knows. */
  versionProblems(version: RegisterVersion): readonly FieldProblem[];
  /** Receives every error that the caller did not cause. */
  onError(error: unknown, request: { readonly method: string; readonly path: string }): void;
}

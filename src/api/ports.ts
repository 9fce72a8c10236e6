/**
 * What the API needs: ports to look things up, and functions that move runs. Whoever assembles it gives both (`lambda/api` in AWS, `headrace dev` on a laptop).
 *
 * 1. The API itself changes no run and no step: it asks (rule 1 of docs/design.md). What `RunControl` does is safe to be done twice.
 *
 * @module
 */

import type { ErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import type { EvaluatedBy, Run, RunInfo } from '../model/run.ts';
import type { Cache } from '../ports/cache.ts';
import type { Clock } from '../ports/clock.ts';
import type { IdempotencyKeys } from '../ports/idempotency-keys.ts';
import type { Links } from '../ports/links.ts';
import type { Logs } from '../ports/logs.ts';
import type { Objects } from '../ports/objects.ts';
import type { Registry, VersionContent } from '../ports/registry.ts';
import type { RunQueries, Tasks } from '../ports/tasks.ts';
import type { RegisterVersion } from '../wire/pipelines.ts';
import type { FieldProblem, QueueDocument, Service } from '../wire/service.ts';

export type NewRun = Omit<RunInfo, 'number'>;

/** A version that a run can be made of. */
export interface RunnableVersion {
  readonly version: string;
  readonly content: VersionContent;
}

export interface RunRequest {
  readonly id: RunId;
  /** By parameter name, as they were given. */
  readonly args: JsonObject;
  readonly tags: readonly string[];
  readonly noCache: boolean;
  readonly defaultQueue: string | null;
  readonly evaluatedBy: EvaluatedBy | undefined;
}

export interface RunControl {
  newId(): RunId;
  /** What a run of the version is; its arguments are checked and completed. @throws HeadraceError with the `argument` that is wrong, and the `path` inside it */
  prepare(version: RunnableVersion, request: RunRequest): NewRun;
  /** Creates the run, or finds it created, and begins it. */
  create(info: NewRun): Promise<Run>;
  /** Asks that a run goes on that failed, was aborted, or that nobody moves. @throws HeadraceError if that cannot be */
  resume(run: Run): Promise<void>;
  /** Creates the run `id`, or finds it created, as a rerun of `source`; with `version`, of that code. @throws HeadraceError if that cannot be */
  rerun(
    source: Run,
    request: {
      readonly id: RunId;
      readonly from: string | null;
      readonly version: RunnableVersion | null;
    },
  ): Promise<Run>;
  abort(run: Run, reason: string): Promise<void>;
  /** Asks that tags of the run change, whether it is over or not. */
  tag(
    run: Run,
    tags: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<void>;
  /** Removes a run that is over, and what it and its steps wrote. */
  remove(run: Run): Promise<void>;
}

/** What a process that evaluates a run's logic answers to. */
export interface EvaluationAnswerKey {
  readonly epoch: number;
  readonly process: string;
  readonly generation: number;
  readonly position: number;
  readonly fromCommand: number;
}

/** Logic that is evaluated outside of the engine. */
export interface EvaluationControl {
  /** Queues whose machines evaluate logic; false: the engine evaluates what names a queue. */
  readonly jobs: boolean;
  /** The token of whoever evaluates the run. */
  token(run: RunId): string;
  /** Tells that a process wants to be listened to from then on. */
  claim(run: Run, epoch: number, process: string): Promise<void>;
  areCommands(page: readonly unknown[]): boolean;
  /** Puts the answer where it is looked for, and tells so. */
  answer(
    run: Run,
    answerKey: EvaluationAnswerKey,
    answer:
      | { readonly kind: 'page'; readonly commands: readonly unknown[]; readonly more: boolean }
      | { readonly kind: 'broken'; readonly error: ErrorRecord },
  ): Promise<void>;
}

export interface ApiPorts {
  readonly tasks: Pick<Tasks, 'run' | 'steps' | 'callsNamed' | 'parents' | 'events' | 'signatures'>;
  readonly queries: RunQueries;
  readonly cache: Pick<Cache, 'entries' | 'clear'>;
  readonly registry: Registry;
  readonly objects: Pick<Objects, 'exists'>;
  readonly links: Links;
  readonly logs: Logs;
  readonly requests: IdempotencyKeys;
  readonly runs: RunControl;
  readonly evaluations: EvaluationControl;
  readonly clock: Clock;
  readonly service: Service;
  /** `open`: any other name is a queue as well. */
  queues(): { readonly items: readonly QueueDocument[]; readonly acceptsAnyName: boolean };
  /** What else is wrong with a version, that only its executor knows. */
  versionProblems(version: RegisterVersion): readonly FieldProblem[];
  /** Told of every error that is not the caller's. */
  onError(error: unknown, request: { readonly method: string; readonly path: string }): void;
}

/**
 * The interface of the engine on this machine.
 *
 * @module
 */
import type { createEvaluationControl } from '../external-evaluation/evaluation-control.ts';
import type { FileObjects } from '../local/file-objects.ts';
import type { LocalQueueLoads } from '../local/jobs/queue-loads.ts';
import type { Store } from '../local/store/store.ts';
import type { RunId } from '../model/ids.ts';
import type { Run, RunInfo } from '../model/run.ts';
import type { Clock } from '../ports/clock.ts';
import type { StatusEvent } from '../ports/events.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Transitions } from '../ports/transitions.ts';
import type { ContainerHost } from '../runner/protocol.ts';
import type { RerunOptions } from './rerun-info.ts';

export interface EngineOptions {
  /** The folder that holds everything: records, objects, logs. It is created if it is missing. */
  readonly home: string;
  /** The most jobs that run at once, by queue. Default: the number of cores, and at least 4. */
  readonly queueConcurrency?: Readonly<Record<string, number>> | undefined;
  /** Steps run in containers of this machine. Default: in subprocesses. */
  readonly containers?: ContainerHost | undefined;
  /** Called for every change of a status, after the change is on record. */
  readonly onEvent?: ((event: StatusEvent) => void) | undefined;
  /** Who starts the runs that name no other creator. */
  readonly startedBy?: string | undefined;
  /** Creates the port that executes steps. Default: subprocesses. */
  readonly jobs?:
    | ((ports: { readonly transitions: Transitions; readonly clock: Clock }) => Jobs)
    | undefined;
}

export interface LocalEngine {
  readonly store: Store;
  readonly objects: FileObjects;
  /** A change of the machine's clock does not reach it while the engine owns a run. */
  readonly clock: Clock;
  /** External evaluation of the logic. */
  readonly evaluations: ReturnType<typeof createEvaluationControl>;
  /** The load of the queues of this process; undefined if its steps are executed by another port. */
  readonly queueLoads: LocalQueueLoads | undefined;
  /**
   * Stores the code, creates the run, and starts it. `texts` are bundles by their key in the object
   * store.
   */
  start(info: Omit<RunInfo, 'number'>, texts: ReadonlyMap<string, string>): Promise<Run>;
  /**
   * Continues a run that failed, was aborted, or whose engine crashed. @throws UnknownRunError,
   * RunCompletedError, RunOwnedError
   */
  resume(id: RunId): Promise<Run>;
  /**
   * Creates a run from an earlier one; it adopts the finished calls before `from`, or all of them
   * if `from` is null. @throws
   * UnknownRunError, UnknownStepError
   */
  rerun(id: RunId, options: RerunOptions): Promise<Run>;
  /**
   * Requests that the run is aborted. If no live process owns the run, this engine takes it over
   * and aborts it. @throws UnknownRunError
   */
  abort(id: RunId, reason: string): Promise<void>;
  /**
   * Resolves when the run is finished. A run of another process is polled. @throws UnknownRunError,
   * and the error that stops the handling of the run
   */
  waitUntilFinished(id: RunId): Promise<Run>;
  /**
   * Stops all jobs and releases the runs; unfinished runs can be resumed. With `interrupted`, the
   * jobs get their grace period first.
   */
  close(options?: { readonly interrupted?: boolean | undefined }): Promise<void>;
}

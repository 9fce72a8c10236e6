/**
 * Executes the API's requests for runs with the engine of this process.
 *
 * @module
 */
import type {
  AnnotationChange,
  RerunRequest,
  RunControl,
  RunnableVersion,
  RunRequest,
  SignalRequest,
  TagChange,
} from '../../api/ports.ts';
import { ProblemError } from '../../api/problems.ts';
import type { LocalEngine } from '../../engine/engine-interface.ts';
import { requestedRerun } from '../../engine/rerun-info.ts';
import type { RunId } from '../../model/ids.ts';
import { isTerminalRun, type NewRun, type Run } from '../../model/run.ts';
import { requestedRun } from '../../submit/prepare.ts';
import { newRunId } from '../../submit/run-id.ts';
import { editHeadLocally, removeRunLocally, sendSignalLocally } from '../record-edits.ts';
import type { ServedRuns } from './served-runs.ts';

export class LocalRunControl implements RunControl {
  readonly #engine: LocalEngine;
  readonly #home: string;
  readonly #served: ServedRuns;
  readonly #note: (line: string) => void;

  /**
   * @param note prints a message about a run that the engine cannot continue; the run stays
   *   resumable
   */
  constructor(engine: LocalEngine, home: string, served: ServedRuns, note: (line: string) => void) {
    this.#engine = engine;
    this.#home = home;
    this.#served = served;
    this.#note = note;
  }

  newId(): RunId {
    return newRunId();
  }

  prepare(version: RunnableVersion, request: RunRequest): NewRun {
    return requestedRun(version, request, Date.now());
  }

  /** Starts the run, unless an earlier delivery of the same request started it. */
  async create(info: NewRun): Promise<Run> {
    const { store } = this.#engine;
    this.#served.add(info.id);
    const existing = await store.tasks.run(info.id);
    if (existing === undefined) {
      const run = await this.#engine.start(info, new Map());
      this.#noteFailureOf(info.id);
      return run;
    }
    if (isTerminalRun(existing.head.status)) this.#served.remove(info.id);
    else if (!(await store.owners.isAlive(info.id))) await this.#engine.resume(info.id);
    return existing;
  }

  async resume({ info, head }: Run): Promise<void> {
    if (!isTerminalRun(head.status) && (await this.#engine.store.owners.isAlive(info.id)))
      throw new ProblemError(409, `run ${info.id} is ${head.status}: it needs no resume`);
    this.#served.add(info.id);
    await this.#engine.resume(info.id);
    this.#noteFailureOf(info.id);
  }

  prepareRerun(source: Run, request: RerunRequest): NewRun {
    return requestedRerun(source.info, request, Date.now());
  }

  abort({ info }: Run, reason: string): Promise<void> {
    return this.#engine.abort(info.id, reason);
  }

  async signal({ info }: Run, signal: SignalRequest): Promise<void> {
    await sendSignalLocally(this.#engine.store, info.id, signal);
  }

  tag({ info }: Run, change: TagChange): Promise<void> {
    return editHeadLocally(this.#engine.store, info.id, { kind: 'run.tags', ...change });
  }

  annotate({ info }: Run, change: AnnotationChange): Promise<void> {
    return editHeadLocally(this.#engine.store, info.id, { kind: 'run.annotations', ...change });
  }

  async remove(run: Run): Promise<void> {
    const { store, objects } = this.#engine;
    await removeRunLocally({ ...store, objects }, run, this.#home);
    this.#served.remove(run.info.id);
  }

  #noteFailureOf(id: RunId): void {
    this.#engine
      .waitUntilFinished(id)
      .catch((error: unknown) =>
        this.#note(
          `run ${id} cannot continue: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
  }
}

/**
 * The records of runs and steps in DynamoDB. The numbers refer to the rules of the port.
 *
 * 1. A commit is one conditional put into the log of the run (`commit-log.ts`). A checkpoint writes
 *    the content of several commits to items later (`checkpoint.ts`). Until then, reads find it in
 *    the log (`run-state.ts`). If a process crashes, the next reader of the run continues from
 *    there.
 * 2. Of two commits at one revision the log accepts one.
 * 3. The cost of a read or write does not depend on the number of steps in the run.
 *
 * A *writer* belongs to the controller: it reads the run once (`run`), and answers reads as of then
 * until it commits. It learns of other processes' commits by `run`, or when its own commit is
 * rejected. It sets the timers of the last commit again if another process may have crashed before
 * it set them. Every other process is a *reader*, which loads the run for each read.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HistoryEvent } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { Retention } from '../../model/retention.ts';
import {
  isTerminalRun,
  type Run,
  type RunComponent,
  type RunHead,
  type RunInfo,
} from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Removal } from '../../ports/removal.ts';
import {
  type ArchivedStep,
  type Commit,
  type Group,
  RecordRejectedError,
  StaleRunError,
  type Tasks,
  type Timer,
} from '../../ports/tasks.ts';
import { Table } from '../dynamodb/table.ts';
import { copyFrom, findArchivedStep } from './archive.ts';
import { readUnfinished } from './call-statuses.ts';
import { CHECKPOINT_AFTER_COMMITS, checkpoint, isCheckpointDue } from './checkpoint.ts';
import { assertContiguous, assertStorable } from './commit-checks.ts';
import { appendCommit, type Cut, commitRecordOf } from './commit-log.ts';
import { readCallsNamed, readComponent, storedComponent } from './components.ts';
import { readChildren, readParents } from './edges.ts';
import { readGroup } from './groups.ts';
import { readHistory } from './history.ts';
import { indexModelUses } from './model-uses.ts';
import { indexTags } from './run-index.ts';
import { RunRecords } from './run-records.ts';
import type { RunState } from './run-state.ts';
import { readSteps } from './steps.ts';

export interface DynamoTasksOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** `writer`: for the controller only. */
  readonly role: 'writer' | 'reader';
  /**
   * Sets the timers of a commit. Setting them again must be harmless. The timers of a commit by an
   * instance without this option are set by the next writer that reads the run.
   */
  readonly timers?: { set(run: RunId, timers: readonly Timer[]): Promise<void> };
  readonly retention: Retention;
  readonly clock?: Clock;
  /** Commits after which a checkpoint follows: 1 to 16, default 16. */
  readonly checkpointAfterCommits?: number;
}

export interface DynamoTasks extends Tasks, Removal {
  /**
   * Requests the abort of a run: the next turn of the run finds the request, ahead of all waiting
   * messages. A terminal run is left as it is.
   */
  requestAbort(id: RunId, reason: string): Promise<void>;
}

export function createDynamoTasks(options: DynamoTasksOptions): DynamoTasks {
  const table = new Table(options.client, options.table);
  const clock = options.clock ?? { now: () => Date.now() };
  return new DynamoRunTasks(
    table,
    new RunRecords(table, { now: () => clock.now(), retention: options.retention }),
    options,
  );
}

/** Runs whose state an instance caches. */
const MAX_CACHED_STATES = 256;

class DynamoRunTasks implements DynamoTasks {
  readonly #table: Table;
  readonly #runs: RunRecords;
  readonly #isWriter: boolean;
  readonly #timers: DynamoTasksOptions['timers'];
  readonly #checkpointAfterCommits: number;
  readonly #states = new Map<RunId, RunState>();
  /** Components that were read since the checkpoint that made this head. */
  readonly #components = new WeakMap<RunHead, Map<string, RunComponent>>();
  /** Declarations that are on record, as JSON, by run and name: a commit need not repeat them. */
  readonly #declarations = new Map<string, string>();

  constructor(
    table: Table,
    runs: RunRecords,
    { role, timers, checkpointAfterCommits = CHECKPOINT_AFTER_COMMITS }: DynamoTasksOptions,
  ) {
    this.#table = table;
    this.#runs = runs;
    this.#isWriter = role === 'writer';
    this.#timers = timers;
    this.#checkpointAfterCommits = checkpointAfterCommits;
  }

  async createRun(info: Omit<RunInfo, 'number'>, head: RunHead): Promise<Run> {
    const state = this.#cacheState(await this.#runs.create(info, head));
    const run = await this.#runs.record(state);
    if (run === undefined) throw new Error(`run ${info.id} was created, but its record is missing`);
    return run;
  }

  async run(id: RunId): Promise<Run | undefined> {
    const state = await this.#reload(id);
    if (state === undefined) return undefined;
    return this.#runs.record(this.#isWriter ? await this.#withTimersSet(state) : state);
  }

  async steps(id: RunId, calls: readonly number[]): Promise<readonly Step[]> {
    return this.#readList(id, (state) => readSteps(this.#table, state, calls));
  }

  async component(id: RunId, name: string): Promise<RunComponent | undefined> {
    const state = await this.#state(id);
    const component =
      state === undefined
        ? undefined
        : await readComponent(state, name, () => this.#component(state, name));
    if (component !== undefined) this.#cacheDeclaration(id, component.declaration);
    return component;
  }

  /** A writer reads it once between two checkpoints: the commits contain all later changes. */
  async #component({ id, base }: RunState, name: string): Promise<RunComponent | undefined> {
    if (!this.#isWriter) return storedComponent(this.#table, id, name);
    const known = this.#components.get(base) ?? new Map<string, RunComponent>();
    this.#components.set(base, known);
    const component = known.get(name) ?? (await storedComponent(this.#table, id, name));
    if (component !== undefined) known.set(name, component);
    return component;
  }

  async children(
    id: RunId,
    parent: number | string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readList(id, (state) => readChildren(this.#table, state, parent, after, limit));
  }

  async parents(
    id: RunId,
    child: number,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readList(id, (state) => readParents(this.#table, state, child, after, limit));
  }

  async callsNamed(
    id: RunId,
    name: string,
    after: number,
    limit: number,
  ): Promise<readonly number[]> {
    return this.#readList(id, (state) => readCallsNamed(this.#table, state, name, after, limit));
  }

  async unfinishedCalls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#readList(id, (state) => readUnfinished(this.#table, state, after, limit));
  }

  /** The numbers of calls have no gaps. */
  async calls(id: RunId, after: number, limit: number): Promise<readonly number[]> {
    return this.#readList(id, async ({ head }) =>
      Array.from(
        { length: Math.max(0, Math.min(limit, head.callCount - after - 1)) },
        (_, n) => after + 1 + n,
      ),
    );
  }

  async events(id: RunId, from: number, limit: number): Promise<readonly HistoryEvent[]> {
    return this.#readList(id, (state) =>
      readHistory(this.#table, state, 'E', { from, limit, itemsOf: (record) => record.events }),
    );
  }

  async signatures(id: RunId, from: number, limit: number): Promise<readonly string[]> {
    return this.#readList(id, (state) =>
      readHistory(this.#table, state, 'Y', { from, limit, itemsOf: (record) => record.signatures }),
    );
  }

  async group(id: RunId, name: string): Promise<Group | undefined> {
    // Groups never change, so the cached state is sufficient.
    const known = groupIn(this.#states.get(id), name);
    if (known !== undefined) return known;
    const state = await this.#state(id);
    return (
      groupIn(state, name) ?? (state === undefined ? undefined : readGroup(this.#table, id, name))
    );
  }

  async commit(id: RunId, commit: Commit): Promise<void> {
    await this.#append(id, await this.#stateBefore(id, commit), commit, null);
  }

  async findArchivedStep(
    id: RunId,
    component: string,
    digest: string,
    excluded: readonly string[],
  ): Promise<ArchivedStep | undefined> {
    const state = await this.#state(id);
    return state === undefined
      ? undefined
      : findArchivedStep(this.#table, state, { component, digest }, excluded);
  }

  async rewind(id: RunId, cut: Cut, commit: Commit): Promise<void> {
    const state = await checkpoint(this.#table, await this.#stateBefore(id, commit));
    await this.#append(id, state, commit, cut);
  }

  async archive(id: RunId, from: RunId, steps: readonly Step[]): Promise<void> {
    const [state, source] = await Promise.all([this.#state(id), this.#reload(from)]);
    if (state === undefined || source === undefined)
      throw new RangeError(`there is no run ${state === undefined ? id : from}`);
    await copyFrom(this.#table, state, source, steps);
  }

  async share(id: RunId): Promise<boolean> {
    return this.#runs.share(id);
  }

  async requestAbort(id: RunId, reason: string): Promise<void> {
    await this.#runs.requestAbort(id, reason);
  }

  async startRemoval(id: RunId): Promise<{ readonly shared: boolean }> {
    return this.#runs.startRemoval(id);
  }

  async isBeingRemoved(id: RunId): Promise<boolean> {
    return this.#runs.isBeingRemoved(id);
  }

  async remove(id: RunId): Promise<void> {
    this.#states.delete(id);
    await this.#runs.remove(id);
  }

  async #append(id: RunId, state: RunState, commit: Commit, cut: Cut | null): Promise<void> {
    const before = cut ?? {
      eventCount: state.head.eventCount,
      commandCount: state.head.commandCount,
    };
    assertContiguous(commit, before);
    assertStorable(commit);
    await this.#indexNewTags(state, commit);
    await indexModelUses(this.#table, state, commit);
    const fresh = commitRecordOf(
      commit,
      cut,
      (name, declaration) =>
        this.#declarations.get(`${id} ${name}`) === JSON.stringify(declaration),
    );
    // Timers of the previous commit that may not have been set are set with those of this commit.
    const pending = state.timersSetUpTo < state.head.revision ? state.lastTimers : [];
    const record = await appendCommit(
      this.#table,
      id,
      { ...fresh, timers: [...pending, ...fresh.timers] },
      state.expiresAt,
    );
    if (record === undefined) {
      this.#states.delete(id);
      throw new StaleRunError(id, commit.head.revision - 1);
    }
    for (const { declaration } of commit.components) this.#cacheDeclaration(id, declaration);
    const next = this.#cacheState({
      ...state,
      head: commit.head,
      tail: [...state.tail, record],
      lastTimers: record.timers,
    });
    const withTimers = await this.#withTimersSet(next);
    if (isCheckpointDue(withTimers, this.#checkpointAfterCommits))
      this.#cacheState(await this.#checkpointUnlessFailing(withTimers));
  }

  /** Tags that the commit adds are indexed before it, so that no crash hides the run. */
  async #indexNewTags({ id, head, expiresAt }: RunState, commit: Commit): Promise<void> {
    if (commit.head.tags === head.tags) return;
    const added = commit.head.tags.filter((tag) => !head.tags.includes(tag));
    const info = added.length === 0 ? undefined : await this.#runs.info(id);
    if (info !== undefined) await indexTags(this.#table, info, added, expiresAt);
  }

  /**
   * A run whose checkpoint is refused fails. From then on its records stay in the log, so that it
   * can end.
   */
  async #checkpointUnlessFailing(state: RunState): Promise<RunState> {
    try {
      return await checkpoint(this.#table, state);
    } catch (error) {
      const { status } = state.head;
      const isFailing = status === 'aborting' || isTerminalRun(status);
      if (error instanceof RecordRejectedError && isFailing) return state;
      throw error;
    }
  }

  /**
   * Sets the timers of the last commit. The timers of earlier commits were set before the following
   * commit.
   */
  async #withTimersSet(state: RunState): Promise<RunState> {
    if (state.timersSetUpTo >= state.head.revision) return state;
    if (state.lastTimers.length > 0) {
      if (this.#timers === undefined) return state;
      await this.#timers.set(state.id, state.lastTimers);
    }
    return this.#cacheState({ ...state, timersSetUpTo: state.head.revision });
  }

  /**
   * The run, if its revision is the one before that of the commit.
   *
   * @throws StaleRunError
   */
  async #stateBefore(id: RunId, { head }: Commit): Promise<RunState> {
    const before = head.revision - 1;
    const known = this.#states.get(id);
    const state = known?.head.revision === before ? known : await this.#reload(id);
    if (state?.head.revision !== before) throw new StaleRunError(id, before);
    return state;
  }

  async #readList<T>(
    id: RunId,
    read: (state: RunState) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const state = await this.#state(id);
    return state === undefined ? [] : read(state);
  }

  async #state(id: RunId): Promise<RunState | undefined> {
    return (this.#isWriter ? this.#states.get(id) : undefined) ?? this.#reload(id);
  }

  async #reload(id: RunId): Promise<RunState | undefined> {
    const state = await this.#runs.load(id, this.#states.get(id));
    if (state === undefined) this.#states.delete(id);
    return state === undefined ? undefined : this.#cacheState(state);
  }

  #cacheState(state: RunState): RunState {
    this.#states.delete(state.id);
    for (const oldest of this.#states.keys()) {
      if (this.#states.size < MAX_CACHED_STATES) break;
      this.#states.delete(oldest);
    }
    this.#states.set(state.id, state);
    return state;
  }

  #cacheDeclaration(id: RunId, declaration: ComponentDeclaration): void {
    if (this.#declarations.size >= MAX_CACHED_STATES * 4) this.#declarations.clear();
    this.#declarations.set(`${id} ${declaration.name}`, JSON.stringify(declaration));
  }
}

const groupIn = (state: RunState | undefined, name: string): Group | undefined => {
  for (const { groups } of state?.tail ?? [])
    for (const group of groups) if (group.name === name) return group;
  return undefined;
};

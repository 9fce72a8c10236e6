/**
 * The graph, the state and the changes of a run, from the columns of its rows. No document of a step
 * is parsed for the graph and the state.
 *
 * @module
 */
import {
  durationBucket,
  type ExecutionTotals,
  NO_EXECUTIONS,
} from '../../model/execution-totals.ts';
import type { CallRanges } from '../../model/limit-state.ts';
import type { Run, RunHead } from '../../model/run.ts';
import {
  type GraphCall,
  MAX_CHANGED_REVISIONS,
  noChanges,
  type RunChanges,
  type RunGraphPage,
  type RunStateRecord,
  type RunTimesPage,
  resetChanges,
  runStateOf,
} from '../../ports/run-state.ts';
import type { Database, SqlValue } from './database.ts';
import { itemNumberOf, rowKey, runEndKey } from './row-keys.ts';
import type { StoreRecords } from './sqlite-tasks.ts';

/** Edges that are read by one query. A page of calls with many parents each has millions. */
const EDGES_AT_ONCE = 50_000;

interface MutableTotals {
  calls: number[];
  startedAt: number | null;
  endedAt: number | null;
  durationMs: number;
  durations: number[];
}

export class RunStateRecords {
  readonly #database: Database;
  readonly #records: Pick<StoreRecords, 'steps' | 'history'>;
  readonly #names;
  readonly #edges;
  readonly #ordinal;
  readonly #states;

  constructor(database: Database, records: Pick<StoreRecords, 'steps' | 'history'>) {
    this.#database = database;
    this.#records = records;
    this.#names = database.columns(
      'SELECT component, name FROM steps WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
      ['component', 'name'],
    );
    this.#edges = database.columns(
      `SELECT child, parent FROM edges WHERE (child, parent) > (?, ?) AND child < ?
       ORDER BY child, parent LIMIT ${EDGES_AT_ONCE}`,
      ['child', 'parent'],
    );
    this.#ordinal = database.first(
      'SELECT count(*) FROM steps WHERE component = ? AND id >= ? AND id < ?',
    );
    this.#states = database.columns(
      'SELECT component, status, started_at, ended_at, duration_ms FROM steps WHERE id >= ? AND id < ? ORDER BY id',
      ['component', 'status', 'started_at', 'ended_at', 'duration_ms'],
    );
  }

  graph(run: number, { generation }: RunHead, from: number, limit: number): RunGraphPage {
    const [components, names] = this.#names(rowKey(run, from), runEndKey(run), limit + 1);
    const found = components?.length ?? 0;
    const parents = this.#parentsOf(run, from, Math.min(limit, found));
    const calls = (components ?? []).slice(0, limit).map(
      (component, index): GraphCall => ({
        component: this.#database.text(component),
        name: this.#database.text(names?.[index]),
        parents: parents.get(from + index) ?? [],
      }),
    );
    const present = [...new Set(calls.map(({ component }) => component))];
    const before = present.map((component) =>
      this.#database.number(this.#ordinal(component, rowKey(run, 0), rowKey(run, from))?.[0]),
    );
    return {
      epoch: generation,
      calls,
      more: found > limit,
      ordinals: new Map(present.map((component, index) => [component, before[index] ?? 0])),
    };
  }

  /** The parents of calls. Consecutive ones are a range. */
  #parentsOf(run: number, from: number, count: number): ReadonlyMap<number, CallRanges> {
    const found = new Map<number, [number, number][]>();
    const end = rowKey(run, from + count);
    let last: readonly [child: number, parent: number] = [rowKey(run, from), -1];
    for (let read = EDGES_AT_ONCE; read === EDGES_AT_ONCE; ) {
      const [children = [], parents = []] = this.#edges(...last, end);
      read = children.length;
      for (const [index, key] of children.entries()) {
        last = [this.#database.number(key), this.#database.number(parents[index])];
        const [child, parent] = [itemNumberOf(last[0]), itemNumberOf(last[1])];
        const ranges = found.get(child);
        const range = ranges?.at(-1);
        if (ranges === undefined) found.set(child, [[parent, parent]]);
        else if (range?.[1] === parent - 1) range[1] = parent;
        else ranges.push([parent, parent]);
      }
    }
    return found;
  }

  state(run: number, head: RunHead): RunStateRecord {
    const [components = [], states = [], ...times] = this.#states(rowKey(run, 0), runEndKey(run));
    const statuses = new Uint8Array(components.length);
    const totals = new Map<string, MutableTotals>();
    for (const [call, component] of components.entries()) {
      statuses[call] = this.#database.number(states[call]);
      const name = this.#database.text(component);
      const own = totals.get(name) ?? emptyTotals();
      totals.set(name, own);
      own.calls.push(call);
      const [startedAt = null, endedAt = null, durationMs = null] = times.map((each) =>
        timeOrNull(each[call]),
      );
      addTimes(own, startedAt, endedAt, durationMs);
    }
    return runStateOf(
      head,
      statuses,
      [...totals].map(([name, { calls, ...executions }]) => [
        name,
        calls,
        executions satisfies ExecutionTotals,
      ]),
    );
  }

  times(run: number, head: RunHead, from: number, limit: number): RunTimesPage {
    const steps = this.#records.steps.page(run, from, limit + 1);
    return {
      epoch: head.generation,
      revision: head.revision,
      steps: steps.slice(0, limit),
      more: steps.length > limit,
    };
  }

  changes(run: number, record: Run, since: number, limit: number): RunChanges {
    const { head } = record;
    if (since >= head.revision) return noChanges(record, since);
    if (head.revision - since > MAX_CHANGED_REVISIONS) return resetChanges(record);
    const revision = Math.min(head.revision, since + limit);
    const calls = this.#records.history.changedCalls(run, since, revision);
    if (calls === undefined) return resetChanges(record);
    return {
      ...noChanges(record, since),
      revision,
      more: revision < head.revision,
      run: record,
      steps: this.#records.steps.list(
        run,
        [...calls].sort((a, b) => a - b),
      ),
    };
  }
}

const emptyTotals = (): MutableTotals => ({
  calls: [],
  startedAt: null,
  endedAt: null,
  durationMs: 0,
  durations: [...NO_EXECUTIONS.durations],
});

function addTimes(
  totals: MutableTotals,
  startedAt: number | null,
  endedAt: number | null,
  durationMs: number | null,
): void {
  if (startedAt !== null) totals.startedAt = Math.min(totals.startedAt ?? startedAt, startedAt);
  if (endedAt !== null) totals.endedAt = Math.max(totals.endedAt ?? endedAt, endedAt);
  if (durationMs === null) return;
  totals.durationMs += durationMs;
  const bucket = durationBucket(durationMs);
  totals.durations[bucket] = (totals.durations[bucket] ?? 0) + 1;
}

const timeOrNull = (value: SqlValue | undefined): number | null =>
  typeof value === 'number' ? value : null;

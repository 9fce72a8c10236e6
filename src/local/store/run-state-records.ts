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
  readonly #parents;
  readonly #ordinal;
  readonly #states;

  constructor(database: Database, records: Pick<StoreRecords, 'steps' | 'history'>) {
    this.#database = database;
    this.#records = records;
    this.#names = database.all(
      'SELECT component, name FROM steps WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
    );
    // Consecutive parents of a child have the same difference to their position among its parents.
    this.#parents = database.all(
      `SELECT child, min(parent), max(parent) FROM (
         SELECT child, parent, parent - row_number() OVER (PARTITION BY child ORDER BY parent) AS island
         FROM edges WHERE child >= ? AND child < ?
       ) GROUP BY child, island ORDER BY child, min(parent)`,
    );
    this.#ordinal = database.first(
      'SELECT count(*) FROM steps WHERE component = ? AND id >= ? AND id < ?',
    );
    this.#states = database.all(
      'SELECT component, status, started_at, ended_at, duration_ms FROM steps WHERE id >= ? AND id < ? ORDER BY id',
    );
  }

  graph(run: number, { generation }: RunHead, from: number, limit: number): RunGraphPage {
    const rows = this.#names(rowKey(run, from), runEndKey(run), limit + 1);
    const parents = this.#parentsOf(run, from, Math.min(limit, rows.length));
    const calls = rows.slice(0, limit).map(
      ([component, name], index): GraphCall => ({
        component: this.#database.text(component),
        name: this.#database.text(name),
        parents: parents.get(from + index) ?? [],
      }),
    );
    const components = [...new Set(calls.map(({ component }) => component))];
    const before = components.map((component) =>
      this.#database.number(this.#ordinal(component, rowKey(run, 0), rowKey(run, from))?.[0]),
    );
    return {
      epoch: generation,
      calls,
      more: rows.length > limit,
      ordinals: new Map(components.map((component, index) => [component, before[index] ?? 0])),
    };
  }

  #parentsOf(run: number, from: number, count: number): ReadonlyMap<number, CallRanges> {
    const found = new Map<number, (readonly [number, number])[]>();
    for (const [child, first, last] of this.#parents(
      rowKey(run, from),
      rowKey(run, from + count),
    )) {
      const call = itemNumberOf(this.#database.number(child));
      const range = [
        itemNumberOf(this.#database.number(first)),
        itemNumberOf(this.#database.number(last)),
      ] as const;
      const ranges = found.get(call);
      if (ranges === undefined) found.set(call, [range]);
      else ranges.push(range);
    }
    return found;
  }

  state(run: number, head: RunHead): RunStateRecord {
    const rows = this.#states(rowKey(run, 0), runEndKey(run));
    const statuses = new Uint8Array(rows.length);
    const totals = new Map<string, MutableTotals>();
    rows.forEach(([component, status, startedAt, endedAt, durationMs], call) => {
      statuses[call] = this.#database.number(status);
      const name = this.#database.text(component);
      const own = totals.get(name) ?? emptyTotals();
      totals.set(name, own);
      own.calls.push(call);
      addTimes(own, timeOrNull(startedAt), timeOrNull(endedAt), timeOrNull(durationMs));
    });
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

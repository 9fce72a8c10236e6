/**
 * Reads of a run as a whole, for views: its graph, the status of each call, the times of its steps,
 * and what changed since a revision. The controller needs none of them.
 *
 * 1. A page of the graph or of times reads nothing of the calls before and after it, except a
 *    number of calls by component.
 * 2. The graph of a call does not change within an epoch, with one exception: a call that waited for
 *    a name gets further parents when a call has the name. Changes across such a commit, or across a
 *    rewind, are not listed: they are a reset.
 * 3. Steps that a rewind set aside are not part of a run's graph and state.
 *
 * @module
 */
import {
  addTotals,
  type ExecutionTotals,
  NO_EXECUTIONS,
  totalsOf,
} from '../model/execution-totals.ts';
import type { RunId } from '../model/ids.ts';
import type { CallRanges } from '../model/limit-state.ts';
import type { Run, RunHead } from '../model/run.ts';
import { STEP_STATUSES, type StatusCounts, type Step, type StepStatus } from '../model/step.ts';

/** Commits behind the run, after which reading the state anew is cheaper than the changes. */
export const MAX_CHANGED_REVISIONS = 200;
/** Failed calls that the state of a component names. */
const MAX_LISTED_FAILURES = 20;

export interface GraphCall {
  readonly component: string;
  readonly name: string;
  /** In ascending order. */
  readonly parents: CallRanges;
}

export interface RunGraphPage {
  readonly epoch: number;
  /** The calls from the first one of the page on. */
  readonly calls: readonly GraphCall[];
  /** Further calls follow. */
  readonly more: boolean;
  /** For each component of the page, the number of its calls before the page. */
  readonly ordinals: ReadonlyMap<string, number>;
}

export interface ComponentTotals extends ExecutionTotals {
  readonly name: string;
  readonly calls: number;
  readonly counts: StatusCounts;
  /** The first failed calls. */
  readonly failures: readonly number[];
}

export interface RunStateRecord {
  readonly epoch: number;
  readonly revision: number;
  /** For each call the index of its status in `STEP_STATUSES`. */
  readonly statuses: Uint8Array;
  /** In the order of their first calls. */
  readonly components: readonly ComponentTotals[];
}

export type StepTimes = Pick<Step, 'call' | 'attempts' | 'startedAt' | 'endedAt' | 'adoptedFrom'>;

export interface RunTimesPage {
  readonly epoch: number;
  readonly revision: number;
  readonly steps: readonly StepTimes[];
  readonly more: boolean;
}

export interface RunChanges {
  readonly epoch: number;
  /** The revision up to which the changes are complete. */
  readonly revision: number;
  readonly reset: boolean;
  /** Further changes are on record. */
  readonly more: boolean;
  /** The run as it is now, if it changed. */
  readonly run: Run | undefined;
  /** The number of calls of the run as it is now. */
  readonly calls: number;
  /** In the order of calls. A step may be as it was at `revision`, or as it is now. */
  readonly steps: readonly Step[];
}

/** Undefined for a run that does not exist. */
export interface RunStateQueries {
  /** At most `limit` calls from call `from` on. */
  graph(id: RunId, from: number, limit: number): Promise<RunGraphPage | undefined>;
  state(id: RunId): Promise<RunStateRecord | undefined>;
  /** At most `limit` steps from call `from` on. */
  times(id: RunId, from: number, limit: number): Promise<RunTimesPage | undefined>;
  /** Of at most `limit` commits after revision `since`. */
  changes(id: RunId, since: number, limit: number): Promise<RunChanges | undefined>;
}

const STATUS_INDEX = new Map(STEP_STATUSES.map((status, index) => [status, index]));

export const statusIndex = (status: StepStatus): number => STATUS_INDEX.get(status) ?? 0;
export const statusAt = (index: number): StepStatus => STEP_STATUSES[index] ?? 'pending';

/**
 * The state of a run from its columns.
 *
 * @param components for each component its calls in ascending order, and the totals of their
 *   executions
 */
export function runStateOf(
  { generation, revision }: Pick<RunHead, 'generation' | 'revision'>,
  statuses: Uint8Array,
  components: Iterable<
    readonly [name: string, calls: readonly number[], executions: ExecutionTotals]
  >,
): RunStateRecord {
  const found = [...components].filter(([, calls]) => calls.length > 0);
  found.sort(([, [a = 0]], [, [b = 0]]) => a - b);
  return {
    epoch: generation,
    revision,
    statuses,
    components: found.map(([name, calls, executions]) => ({
      name,
      calls: calls.length,
      counts: countsOf(calls, statuses),
      failures: failuresOf(calls, statuses),
      ...executions,
    })),
  };
}

function countsOf(calls: readonly number[], statuses: Uint8Array): StatusCounts {
  const numbers: number[] = new Array(STEP_STATUSES.length).fill(0);
  for (const call of calls) {
    const index = statuses[call] ?? 0;
    numbers[index] = (numbers[index] ?? 0) + 1;
  }
  return Object.fromEntries(
    numbers.flatMap((count, index) => (count > 0 ? [[statusAt(index), count]] : [])),
  );
}

function failuresOf(calls: readonly number[], statuses: Uint8Array): readonly number[] {
  const failed = statusIndex('failed');
  const found: number[] = [];
  for (const call of calls) {
    if (statuses[call] === failed) found.push(call);
    if (found.length === MAX_LISTED_FAILURES) break;
  }
  return found;
}

/** The calls and the totals of executions by component. @param steps in the order of calls */
export function componentsOf(
  steps: Iterable<Step>,
): readonly (readonly [name: string, calls: readonly number[], executions: ExecutionTotals])[] {
  const calls = new Map<string, number[]>();
  const executions = new Map<string, ExecutionTotals>();
  for (const step of steps) {
    const own = calls.get(step.component);
    if (own === undefined) calls.set(step.component, [step.call]);
    else own.push(step.call);
    executions.set(
      step.component,
      addTotals(executions.get(step.component) ?? NO_EXECUTIONS, totalsOf(step)),
    );
  }
  return [...calls].map(([name, own]) => [name, own, executions.get(name) ?? NO_EXECUTIONS]);
}

/** The part of a commit that concerns calls. */
interface ChangedCalls {
  readonly created: readonly Pick<Step, 'call'>[];
  readonly changed: readonly Pick<Step, 'call'>[];
  readonly edges: readonly { readonly parent: number | string; readonly child: number }[];
}

/**
 * The calls that a commit created or changed, in ascending order; undefined if a call from before
 * got a further parent: no changes are listed across such a commit.
 */
export function changedCalls({
  created,
  changed,
  edges,
}: ChangedCalls): readonly number[] | undefined {
  const fresh = new Set(created.map(({ call }) => call));
  if (edges.some(({ parent, child }) => typeof parent === 'number' && !fresh.has(child)))
    return undefined;
  return [...new Set([...fresh, ...changed.map(({ call }) => call)])].sort((a, b) => a - b);
}

/** The changes of a run at whose revision nothing changed, or of which nothing is listed. */
export const noChanges = (run: Run, since: number): RunChanges => ({
  epoch: run.head.generation,
  revision: run.head.revision,
  reset: since > run.head.revision,
  more: false,
  run: since > run.head.revision ? run : undefined,
  calls: run.head.callCount,
  steps: [],
});

export const resetChanges = (run: Run): RunChanges => ({
  ...noChanges(run, run.head.revision),
  reset: true,
  run,
});

/**
 * The rows of the Steps tab: components, and the calls of those that are expanded.
 *
 * @module
 */
import { NO_TIME, type RunColumns } from '../../live/columns.ts';
import { STATUSES } from '../../live/statuses.ts';
import { listOf } from './metrics/metrics-search.ts';
import type { RunSearch } from './search.ts';

export const STEP_COLUMNS = [
  'call',
  'name',
  'status',
  'attempts',
  'start',
  'queue',
  'duration',
] as const;
export type StepColumn = (typeof STEP_COLUMNS)[number];

export interface StepsOrder {
  readonly column: StepColumn;
  readonly descends: boolean;
}

export interface StepsSelection {
  /** Codes of statuses; empty: all. */
  readonly statuses: ReadonlySet<number>;
  readonly component?: string | undefined;
  readonly calls?: { readonly first: number; readonly last: number } | undefined;
  /** Text that the name contains, without regard to case. */
  readonly find?: string | undefined;
}

export type StepsRow =
  | {
      readonly kind: 'component';
      readonly component: number;
      /** Calls of the component that the selection contains. */
      readonly calls: number;
      /** Their numbers by status code. */
      readonly counts: Uint32Array;
      readonly isExpanded: boolean;
    }
  | { readonly kind: 'call'; readonly call: number };

/** `duration`, or `-duration` for the longest first. Any other text is the order of calls. */
export function orderOf(text: string | undefined): StepsOrder {
  const descends = text?.startsWith('-') === true;
  const name = descends ? text?.slice(1) : text;
  const column = STEP_COLUMNS.find((each) => each === name);
  return column === undefined ? { column: 'call', descends: false } : { column, descends };
}

/** The inverse of `orderOf`; undefined for the order of calls. */
export const orderText = ({ column, descends }: StepsOrder): string | undefined =>
  column === 'call' && !descends ? undefined : `${descends ? '-' : ''}${column}`;

/** Milliseconds from the queue to the start, up to `now`; `NO_TIME` if it was not queued. */
export function queueMsOf(columns: RunColumns, call: number, now: number): number {
  const queued = columns.queued[call] ?? NO_TIME;
  if (queued === NO_TIME) return NO_TIME;
  const started = columns.started[call] ?? NO_TIME;
  const ended = columns.ended[call] ?? NO_TIME;
  const until = started >= queued ? started : ended === NO_TIME ? now : ended;
  return Math.max(0, until - queued);
}

/** Milliseconds from the start to the end, up to `now`; `NO_TIME` if it has not started. */
export function runMsOf(columns: RunColumns, call: number, now: number): number {
  const started = columns.started[call] ?? NO_TIME;
  if (started === NO_TIME) return NO_TIME;
  const ended = columns.ended[call] ?? NO_TIME;
  return Math.max(0, (ended === NO_TIME ? now : ended) - started);
}

/** The calls that a selection contains, in the order of calls. */
export function selectedCalls(columns: RunColumns, selection: StepsSelection): Int32Array {
  const { statuses, component, calls, find } = selection;
  const wanted = component === undefined ? -1 : columns.components.indexOf(component);
  const text = find?.toLowerCase();
  const found = new Int32Array(columns.known);
  let count = 0;
  const end = Math.min(columns.known, (calls?.last ?? Number.POSITIVE_INFINITY) + 1);
  for (let call = Math.max(0, calls?.first ?? 0); call < end; call++) {
    if (component !== undefined && columns.component[call] !== wanted) continue;
    if (statuses.size > 0 && !statuses.has(columns.status[call] ?? 0)) continue;
    if (text !== undefined && !columns.nameOf(call).toLowerCase().includes(text)) continue;
    found[count++] = call;
  }
  return found.subarray(0, count);
}

/**
 * The rows of a table. Components are in the order of their first calls; their calls are sorted.
 *
 * @param isExpanded whether the calls of a component are shown, by its name
 */
export function stepsRows(
  columns: RunColumns,
  calls: Int32Array,
  order: StepsOrder,
  isExpanded: (component: string) => boolean,
  now: number,
): readonly StepsRow[] {
  const members = new Map<number, number[]>();
  for (const call of calls) {
    const component = columns.component[call] ?? 0;
    const list = members.get(component);
    if (list === undefined) members.set(component, [call]);
    else list.push(call);
  }
  const rows: StepsRow[] = [];
  for (const [component, list] of members) {
    const counts = new Uint32Array(STATUSES.length);
    for (const call of list) {
      const code = columns.status[call] ?? 0;
      counts[code] = (counts[code] ?? 0) + 1;
    }
    const expanded = isExpanded(columns.components[component] ?? '');
    rows.push({ kind: 'component', component, calls: list.length, counts, isExpanded: expanded });
    if (expanded)
      for (const call of sorted(columns, list, order, now)) rows.push({ kind: 'call', call });
  }
  return rows;
}

/** The components whose calls are shown or not, after one of them was opened or closed. */
export function toggled(
  { open, closed }: Pick<RunSearch, 'open' | 'closed'>,
  name: string,
  isOpen: boolean,
): Pick<RunSearch, 'open' | 'closed'> {
  const without = (names: readonly string[] | undefined) =>
    (names ?? []).filter((each) => each !== name);
  return {
    open: listOf(isOpen ? [...without(open), name] : without(open)),
    closed: listOf(isOpen ? without(closed) : [...without(closed), name]),
  };
}

function sorted(
  columns: RunColumns,
  calls: readonly number[],
  { column, descends }: StepsOrder,
  now: number,
): readonly number[] {
  if (column === 'call') return descends ? calls.toReversed() : calls;
  const sign = descends ? -1 : 1;
  if (column === 'name') {
    const collator = new Intl.Collator('en', { numeric: true });
    return calls.toSorted(
      (one, other) => sign * collator.compare(columns.nameOf(one), columns.nameOf(other)),
    );
  }
  const measure = VALUES[column];
  const values = new Map(calls.map((call) => [call, measure(columns, call, now)]));
  const value = (call: number): number => values.get(call) ?? 0;
  return calls.toSorted((one, other) => sign * (value(one) - value(other)) || one - other);
}

const VALUES: Readonly<
  Record<
    Exclude<StepColumn, 'call' | 'name'>,
    (columns: RunColumns, call: number, now: number) => number
  >
> = {
  status: ({ status }, call) => status[call] ?? 0,
  attempts: ({ attempts }, call) => attempts[call] ?? 0,
  start: ({ started }, call) => started[call] ?? NO_TIME,
  queue: queueMsOf,
  duration: runMsOf,
};

/** The two numbers of a range `<first>-<last>`; undefined for any other text. */
export function numbersOfRange(
  text: string | undefined,
): { readonly first: number; readonly last: number } | undefined {
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/u.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  return { first: Number(first), last: Number(last) };
}

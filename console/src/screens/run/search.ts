/**
 * The search parameters of the Run page: everything that can be selected on it.
 *
 * @module
 */
import {
  countOf,
  oneOf,
  type SearchParams,
  someOf,
  textOf,
  textsOf,
} from '../../address/search.ts';
import type { GraphSearch } from '../../graph/view-contract.ts';
import { STATUSES } from '../../live/statuses.ts';
import { listOf, type MetricsSearch, metricsSearch } from './metrics/metrics-search.ts';

export const RUN_TABS = [
  'graph',
  'timeline',
  'steps',
  'logs',
  'metrics',
  'artifacts',
  'parameters',
  'events',
] as const;
export type RunTab = (typeof RUN_TABS)[number];

const LEVELS = ['components', 'groups', 'calls'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The search parameters that the tabs of the Run page read. */
export interface RunSearch extends Omit<GraphSearch, 'sort'>, MetricsSearch {
  readonly tab?: RunTab | undefined;
  readonly attempt?: number | undefined;
  /** The order of a table or of the timeline: a column, with `-` before it if it descends. */
  readonly sort?: string | undefined;
  readonly status?: readonly string[] | undefined;
  readonly component?: string | undefined;
  /** Calls of the Steps tab, as `<first>-<last>`. */
  readonly calls?: string | undefined;
  /** The least severe lines that the Logs tab shows. */
  readonly severity?: (typeof LOG_LEVELS)[number] | undefined;
  /** `false`: the Logs tab does not follow. */
  readonly follow?: boolean | undefined;
  /** The part of the log that the Logs tab shows: the whole run, or the selected step. */
  readonly log?: 'run' | undefined;
  /** Components of the Steps tab whose calls are shown, and those whose calls are not. */
  readonly open?: readonly string[] | undefined;
  readonly closed?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly diff?: string | undefined;
  readonly from?: number | undefined;
  readonly kind?: readonly string[] | undefined;
}

const booleanOf = (value: unknown): boolean | undefined =>
  value === 'true' || value === true
    ? true
    : value === 'false' || value === false
      ? false
      : undefined;

const rangeText = (value: unknown): string | undefined => {
  const text = textOf(value);
  return text !== undefined && /^\d{1,15}-\d{1,15}$/u.test(text) ? text : undefined;
};

/** The search parameters of an address; those that are unknown or invalid are absent. */
export const runSearch = (search: SearchParams): RunSearch => ({
  tab: oneOf(search.tab, RUN_TABS),
  step: countOf(search.step),
  attempt: countOf(search.attempt),
  level: oneOf(search.level, LEVELS),
  group: countOf(search.group),
  dir: oneOf(search.dir, ['TB', 'LR'] as const),
  cells: oneOf(search.cells, ['status', 'duration'] as const),
  find: textOf(search.find),
  range: rangeText(search.range),
  gaps: booleanOf(search.gaps),
  sort: textOf(search.sort),
  status: listOf(someOf(search.status, STATUSES)),
  component: textOf(search.component),
  calls: rangeText(search.calls),
  severity: oneOf(search.severity, LOG_LEVELS),
  follow: booleanOf(search.follow),
  log: oneOf(search.log, ['run'] as const),
  open: listOf(textsOf(search.open)),
  closed: listOf(textsOf(search.closed)),
  ...metricsSearch(search),
  name: textOf(search.name),
  diff: textOf(search.diff),
  from: countOf(search.from),
  kind: listOf(textsOf(search.kind)),
});

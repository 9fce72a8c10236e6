/**
 * The search parameters of the page of a step.
 *
 * @module
 */
import { countOf, oneOf, type SearchParams, textOf } from '../../address/search.ts';
import { type MetricsSearch, metricsSearch } from '../run/metrics/metrics-search.ts';
import { LOG_LEVELS } from '../run/search.ts';

export const STEP_TABS = [
  'overview',
  'log',
  'metrics',
  'artifacts',
  'code',
  'cache',
  'raw',
] as const;
export type StepTab = (typeof STEP_TABS)[number];

export interface StepSearch extends MetricsSearch {
  readonly tab?: StepTab | undefined;
  readonly attempt?: number | undefined;
  /** The selected artifact or model, as `<kind>:<name>`. */
  readonly name?: string | undefined;
  readonly find?: string | undefined;
  readonly severity?: (typeof LOG_LEVELS)[number] | undefined;
  /** `false`: the log is not followed. */
  readonly follow?: boolean | undefined;
}

/** The search parameters of an address; those that are unknown or invalid are absent. */
export const stepSearch = (search: SearchParams): StepSearch => ({
  tab: oneOf(search.tab, STEP_TABS),
  attempt: countOf(search.attempt),
  name: textOf(search.name),
  find: textOf(search.find),
  ...metricsSearch(search),
  severity: oneOf(search.severity, LOG_LEVELS),
  follow: search.follow === 'false' ? false : search.follow === 'true' ? true : undefined,
});

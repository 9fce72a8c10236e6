/**
 * The search parameters of the comparison.
 *
 * @module
 */
import { oneOf, type SearchParams, textOf } from '../../address/search.ts';

export const COMPARE_TABS = ['parameters', 'metrics', 'charts', 'graph', 'code', 'models'] as const;
export type CompareTab = (typeof COMPARE_TABS)[number];

/** The API compares this many runs in one request. */
export const MAX_RUNS = 100;

export interface CompareSearch {
  /** The ids of the runs, separated by commas. */
  readonly runs?: string | undefined;
  /** The run with which the others are compared. Default: the first. */
  readonly base?: string | undefined;
  readonly tab?: CompareTab | undefined;
  /** `all`: equal rows are shown, too. */
  readonly diff?: 'all' | undefined;
  readonly stat?: 'min' | 'max' | undefined;
  /** Text that the names of shown charts contain. */
  readonly m?: string | undefined;
  /** The axis of charts. Default: iterations. */
  readonly x?: 'relative' | undefined;
  readonly scale?: 'log' | undefined;
  /** The name of the code that is shown. */
  readonly code?: string | undefined;
  /** The run whose code or structure is compared with that of the base run. */
  readonly with?: string | undefined;
}

export function compareSearch(search: SearchParams): CompareSearch {
  return {
    runs: textOf(search.runs),
    base: textOf(search.base),
    tab: oneOf(search.tab, COMPARE_TABS),
    diff: oneOf(search.diff, ['all'] as const),
    stat: oneOf(search.stat, ['min', 'max'] as const),
    m: textOf(search.m),
    x: oneOf(search.x, ['relative'] as const),
    scale: oneOf(search.scale, ['log'] as const),
    code: textOf(search.code),
    with: textOf(search.with),
  };
}

/** The ids of an address, each once. They may be more than the API compares. */
export const runIdsOf = ({ runs = '' }: Pick<CompareSearch, 'runs'>): readonly string[] => [
  ...new Set(runs.split(',').filter((id) => /^[0-9a-z]{26}$/.test(id))),
];

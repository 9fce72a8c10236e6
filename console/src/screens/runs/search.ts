/**
 * The search parameters of the list of runs.
 *
 * @module
 */
import { oneOf, type SearchParams, someOf, textOf, textsOf } from '../../address/search.ts';
import { conditionText, parseCondition } from './conditions.ts';

/** The statuses of runs, as a filter offers them. */
export const RUN_STATUSES = [
  'queued',
  'running',
  'aborting',
  'completed',
  'failed',
  'aborted',
] as const;

export const ARCHIVED = ['include', 'only'] as const;

/** What the list is limited to. */
export interface RunsFilter {
  /** Words in names, ids, tags, notes. */
  readonly q?: string | undefined;
  readonly project?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly status?: readonly (typeof RUN_STATUSES)[number][] | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly by?: string | undefined;
  /** A time in ISO form, or a distance as `7d`, `12h`, `30m`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly archived?: (typeof ARCHIVED)[number] | undefined;
  /** Conditions on parameters and metrics, as `loss<0.2`. */
  readonly where?: readonly string[] | undefined;
}

export interface RunsSearch extends RunsFilter {
  readonly sort?: 'oldest' | undefined;
  /** Columns; absent: the usual ones. */
  readonly cols?: readonly string[] | undefined;
}

/** A time or a distance, in a form that `timeBound` reads. */
export const isTimeBound = (text: string): boolean =>
  /^\d{1,4}[dhm]$/.test(text) ||
  (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?$/.test(text) &&
    !Number.isNaN(Date.parse(text)));

const UNITS_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** The time of a bound in ISO form. A distance counts back from `now`, in whole minutes. */
export function timeBound(text: string, now: number): string {
  const distance = /^(\d+)([dhm])$/.exec(text);
  if (distance === null) return new Date(text).toISOString();
  const [, count, unit = ''] = distance;
  const minute = Math.floor(now / 60_000) * 60_000;
  return new Date(minute - Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
}

const filled = <T>(list: readonly T[]): readonly T[] | undefined =>
  list.length === 0 ? undefined : list;

const boundOf = (value: unknown): string | undefined => {
  const text = textOf(value);
  return text !== undefined && isTimeBound(text) ? text : undefined;
};

/** What is not valid is dropped. */
export const runsSearch = (search: SearchParams): RunsSearch => ({
  q: textOf(search.q),
  project: textOf(search.project),
  pipeline: textOf(search.pipeline),
  status: filled(someOf(search.status, RUN_STATUSES)),
  tag: filled([...new Set(textsOf(search.tag))].slice(0, 20)),
  by: textOf(search.by),
  from: boundOf(search.from),
  to: boundOf(search.to),
  archived: oneOf(search.archived, ARCHIVED),
  where: filled(
    textsOf(search.where).flatMap((text) => {
      const condition = parseCondition(text);
      return condition === undefined ? [] : [conditionText(condition)];
    }),
  ),
  sort: oneOf(search.sort, ['oldest']),
  cols: filled([...new Set(textsOf(search.cols))].slice(0, 40)),
});

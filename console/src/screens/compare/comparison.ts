/**
 * The comparison of runs as rows: one row for each parameter, metric or fact, one cell for each run.
 *
 * 1. A cell is compared with that of the base run. Numbers have a direction; other values are equal
 *    or not.
 * 2. A row differs if two of its cells differ. A missing value differs from every value.
 *
 * @module
 */
import type { Json } from '../../../../src/model/json.ts';
import type { ScalarSummary } from '../../../../src/wire/series.ts';
import type { ComparedRun } from '../../../../src/wire/summaries.ts';
import { formatBytes } from '../../format/bytes.ts';
import { formatDuration } from '../../format/durations.ts';
import { formatCount, formatMetric, formatMoney } from '../../format/numbers.ts';

export interface Cell {
  /** The value as text; undefined if the run has none. */
  readonly text: string | undefined;
  /** How a number differs from that of the base run. */
  readonly trend?: 'higher' | 'lower' | undefined;
  /** It is another value than that of the base run. */
  readonly differs: boolean;
}

export interface Row {
  /** Unique in the comparison. */
  readonly key: string;
  readonly section: string;
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly differs: boolean;
}

/** A value of a run for a row: what is compared, and what is shown. */
export interface Value {
  readonly json: Json | undefined;
  readonly text: string | undefined;
}

/** The row of these values, in the order of the runs. `base` is the index of the base run. */
export function rowOf(section: string, name: string, values: readonly Value[], base: number): Row {
  const identities = values.map(({ json }) => identityOf(json));
  const baseValue = values[base]?.json;
  const cells = values.map(({ json, text }, index) => ({
    text,
    differs: identities[index] !== identities[base],
    trend: trendOf(json, baseValue),
  }));
  return {
    key: `${section}\n${name}`,
    section,
    name,
    cells,
    differs: new Set(identities).size > 1,
  };
}

function trendOf(value: Json | undefined, base: Json | undefined): Cell['trend'] {
  if (typeof value !== 'number' || typeof base !== 'number' || value === base) return undefined;
  return value > base ? 'higher' : 'lower';
}

/** Equal for values that are equal as JSON, whatever the order of their properties. */
const identityOf = (value: Json | undefined): string =>
  value === undefined
    ? ''
    : JSON.stringify(value, (_, part: Json) =>
        typeof part === 'object' && part !== null && !Array.isArray(part)
          ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
          : part,
      );

const jsonValue = (json: Json | undefined): Value => ({
  json,
  text: json === undefined ? undefined : typeof json === 'string' ? json : JSON.stringify(json),
});

/** Arguments by section; an object's properties are rows of their own, so that one can differ. */
export function parameterRows(runs: readonly ComparedRun[], base: number): readonly Row[] {
  const flat = runs.map((run) => flatten(run.args));
  return unique(flat.flatMap((args) => [...args.keys()])).map((name) =>
    rowOf(
      sectionOf(runs, name.replace(/[.[].*$/, '')),
      name,
      flat.map((args) => jsonValue(args.get(name))),
      base,
    ),
  );
}

const MAX_DEPTH = 3;

function flatten(
  value: Readonly<Record<string, Json>>,
  prefix = '',
  depth = 0,
): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  for (const [key, item] of Object.entries(value)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isObject(item) && Object.keys(item).length > 0 && depth < MAX_DEPTH)
      for (const [inner, each] of flatten(item, name, depth + 1)) found.set(inner, each);
    else found.set(name, item);
  }
  return found;
}

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function sectionOf(runs: readonly ComparedRun[], parameter: string): string {
  for (const { argsMap } of runs)
    for (const [section, names] of Object.entries(argsMap))
      if (names.includes(parameter)) return section;
  return 'Args';
}

export type Statistic = 'last' | 'min' | 'max';

/** One metric of several runs, by which rows and charts find it. */
export interface MetricName {
  /** The name of the step that reported it; null: the logic. */
  readonly step: string | null;
  readonly title: string;
  readonly series: string;
}

export const metricKey = ({ step, title, series }: MetricName): string =>
  JSON.stringify([step, title, series]);

/** The metrics that at least one run has, in the order in which they were reported. */
export function metricsOf(runs: readonly ComparedRun[]): readonly MetricName[] {
  const found = new Map<string, MetricName>();
  for (const { scalars } of runs)
    for (const { step, title, series } of scalars)
      found.set(metricKey({ step, title, series }), { step, title, series });
  return [...found.values()];
}

export function metricRows(
  runs: readonly ComparedRun[],
  base: number,
  statistic: Statistic,
): readonly Row[] {
  const byRun = runs.map(
    ({ scalars }) => new Map(scalars.map((scalar) => [metricKey(scalar), scalar])),
  );
  return metricsOf(runs).map((metric) =>
    rowOf(
      metric.step ?? 'Run',
      `${metric.title}/${metric.series}`,
      byRun.map((scalars) => scalarValue(scalars.get(metricKey(metric)), statistic)),
      base,
    ),
  );
}

function scalarValue(scalar: ScalarSummary | undefined, statistic: Statistic): Value {
  const value = scalar?.[statistic];
  if (value === undefined || value === null) return { json: undefined, text: undefined };
  return { json: value, text: formatMetric(value) };
}

/** Facts of the runs themselves. */
export function factRows(runs: readonly ComparedRun[], base: number): readonly Row[] {
  const row = (name: string, value: (run: ComparedRun) => Value) =>
    rowOf('Run', name, runs.map(value), base);
  const count = (json: number | undefined): Value => ({
    json,
    text: json === undefined ? undefined : formatCount(json),
  });
  return [
    row('pipeline', (run) => jsonValue(`${run.project}/${run.pipeline}`)),
    row('version', (run) => jsonValue(run.version)),
    row('status', (run) => jsonValue(run.status)),
    row('tags', (run) => jsonValue([...run.tags].sort().join(', '))),
    row('steps', (run) => count(run.steps.total)),
    row('cached steps', (run) => count(run.steps.counts?.cached ?? 0)),
    row('failed steps', (run) => count(run.steps.counts?.failed ?? 0)),
    row('duration', (run) => {
      const json = durationOf(run);
      return { json, text: json === undefined ? undefined : formatDuration(json) };
    }),
    row('cost', (run) => {
      const json = costOf(run);
      return { json, text: json === undefined ? undefined : formatMoney(json) };
    }),
  ];
}

/** Milliseconds from the start to the end; undefined for a run that has not ended. */
export function durationOf({
  startedAt,
  endedAt,
}: Pick<ComparedRun, 'startedAt' | 'endedAt'>): number | undefined {
  return startedAt === null || endedAt === null
    ? undefined
    : Date.parse(endedAt) - Date.parse(startedAt);
}

const costOf = ({ cost }: ComparedRun): number | undefined =>
  cost === null ? undefined : cost.compute + cost.requests;

const HASH_LENGTH = 8;

/** The code of the logic and of each component, by hash. */
export function codeRows(runs: readonly ComparedRun[], base: number): readonly Row[] {
  const hashes = runs.map((run) => codeHashes(run));
  return unique(hashes.flatMap((each) => [...each.keys()])).map((name) =>
    rowOf(
      'Code',
      name,
      hashes.map((each) => {
        const hash = each.get(name);
        return { json: hash, text: hash?.slice(0, HASH_LENGTH) };
      }),
      base,
    ),
  );
}

/** The name under which the code of the pipeline's own function is listed. */
export const LOGIC = 'pipeline';

export const codeHashes = ({
  codeHash,
  components,
}: Pick<ComparedRun, 'codeHash' | 'components'>): ReadonlyMap<string, string> =>
  new Map([
    [LOGIC, codeHash],
    ...components.map((component) => [component.name, component.codeHash] as const),
  ]);

/** The models of the runs, by the step that stored them. */
export function modelRows(runs: readonly ComparedRun[], base: number): readonly Row[] {
  const nameOf = ({ step, name }: ComparedRun['models'][number]) =>
    `${step === null ? '' : `${step}/`}${name}`;
  const byRun = runs.map(({ models }) => new Map(models.map((model) => [nameOf(model), model])));
  return unique(byRun.flatMap((models) => [...models.keys()])).map((name) =>
    rowOf(
      'Models',
      name,
      byRun.map((models) => {
        const model = models.get(name);
        return {
          json: model?.hash,
          text:
            model === undefined
              ? undefined
              : `${model.hash.slice(0, HASH_LENGTH)} · ${formatBytes(model.size)}`,
        };
      }),
      base,
    ),
  );
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

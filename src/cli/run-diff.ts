/**
 * The differences between two runs: arguments, version, status and durations of steps, results, and
 * the last values of metrics.
 *
 * Steps are compared by name. A part that is equal in both runs is left out.
 *
 * @module
 */
import type { Json } from '../model/json.ts';
import type { PrintedMetric, PrintedRun, PrintedStep } from '../wire/printed.ts';

export interface Difference {
  readonly part: 'run' | 'argument' | 'step' | 'result' | 'metric';
  /** As `depth`, `train`, `train accuracy/test`. */
  readonly name: string;
  /** Null: the first run does not have it. */
  readonly a: Json;
  readonly b: Json;
}

export function diffRuns(a: PrintedRun, b: PrintedRun): readonly Difference[] {
  return [
    ...differences('run', facts(a), facts(b)),
    ...differences('argument', a.args, b.args),
    ...differences('step', stepFacts(a), stepFacts(b)),
    ...differences('result', flatten(a.result), flatten(b.result)),
    ...differences('metric', lastValues(a), lastValues(b)),
  ];
}

type Facts = Readonly<Record<string, Json>>;

function differences(part: Difference['part'], a: Facts, b: Facts): Difference[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names]
    .map((name) => ({ part, name, a: a[name] ?? null, b: b[name] ?? null }))
    .filter((each) => JSON.stringify(each.a) !== JSON.stringify(each.b));
}

const facts = ({ project, pipeline, version, status, tags, error, ...run }: PrintedRun): Facts => ({
  pipeline: `${project}/${pipeline}`,
  version,
  status,
  tags: [...tags].sort().join(', '),
  'duration in s': secondsBetween(run.startedAt, run.endedAt),
  error: error?.message ?? null,
});

/** The status, and the duration of the last attempt of a step that was executed in this run. */
const stepFacts = ({ steps }: PrintedRun): Facts =>
  Object.fromEntries(
    steps
      .filter(({ status }) => status !== 'superseded')
      .map((step) => [step.name, stepFact(step)]),
  );

function stepFact({ status, attempts, cachedFrom, adoptedFrom }: PrintedStep): string {
  const last = attempts.at(-1);
  const seconds =
    last === undefined || cachedFrom !== null || adoptedFrom !== null
      ? null
      : secondsBetween(last.startedAt, last.endedAt);
  return `${status}${seconds === null ? '' : `, ${seconds} s`}${attempts.length > 1 ? `, ${attempts.length} attempts` : ''}`;
}

/** The members of an object by name; another value as `value`. */
const flatten = (result: Json): Facts =>
  typeof result === 'object' && result !== null && !Array.isArray(result)
    ? Object.fromEntries(Object.entries(result))
    : { value: result };

function lastValues({ metrics, steps }: PrintedRun): Facts {
  const named = (owner: string, list: readonly PrintedMetric[]): [string, Json][] =>
    list.map(({ title, series, points }) => [
      `${owner === '' ? '' : `${owner} `}${title}/${series}`,
      points.at(-1)?.value ?? null,
    ]);
  return Object.fromEntries([
    ...metrics.flatMap((metric) => named(metric.step ?? '', [metric])),
    ...steps.flatMap((step) => named(step.name, step.metrics)),
  ]);
}

const secondsBetween = (from: string | null, to: string | null): number | null =>
  from === null || to === null ? null : Math.round((Date.parse(to) - Date.parse(from)) / 100) / 10;

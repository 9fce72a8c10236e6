/**
 * What steps reported, read where it is: with the step itself, or with the step that it took its
 * result from.
 *
 * 1. A cached step has the points, texts and plots of the step that computed the result, while the records
 *    of that step's run exist. They are not copied, so that a hit costs nothing.
 * 2. A step that a rerun took over has copies of its own.
 *
 * @module
 */
import type { Point } from '../model/artifacts.ts';
import { type RunId, runIdSchema } from '../model/ids.ts';
import type { MetricSummary } from '../model/metric-summaries.ts';
import { monitoredPoints } from '../model/monitored-points.ts';
import type { SeriesRequest } from '../model/reduced-series.ts';
import type { RunPoint } from '../model/run-reports.ts';
import type { Step, StepOrigin } from '../model/step.ts';
import { pages } from './pages.ts';
import type {
  AttemptPlot,
  AttemptText,
  MetricCurves,
  MetricSelection,
  PointPage,
  PointPosition,
  RunQueries,
  Tasks,
} from './tasks.ts';

/** The fields of a step that locate what it reported. */
export type ReportingStep = Pick<Step, 'call' | 'status' | 'cachedFrom'> & {
  readonly attempts: readonly { readonly hasPlots?: boolean | undefined }[];
};

/** A point on the run, with the name of the step that reported it; null: the logic. */
export interface NamedRunPoint extends Point {
  readonly call: number | null;
  readonly step: string | null;
}

/** The run of an origin, as it is named in texts: `iris#3`. */
export interface OriginRun {
  readonly pipeline: string;
  readonly number: number;
}

export interface ReportedOutputs {
  /** The points of the step's last attempt, or of the result that the step took over. */
  points(run: RunId, step: ReportingStep): Promise<readonly Point[]>;
  /** The first of these points: whether there are any. */
  firstPoint(run: RunId, step: ReportingStep): Promise<Point | undefined>;
  /** The plots of all attempts of the step, or of the step whose result it took over. */
  plots(run: RunId, step: ReportingStep): Promise<readonly AttemptPlot[]>;
  /** The points of the run itself, those of monitors of cached and taken-over steps included. */
  runPoints(run: RunId): Promise<readonly NamedRunPoint[]>;
  /** Undefined if the run was removed or has expired. */
  originRun(run: string): Promise<OriginRun | undefined>;
}

interface ReportRecords {
  readonly tasks: Pick<Tasks, 'run' | 'steps' | 'callsNamed' | 'component'>;
  readonly queries: Pick<RunQueries, 'points' | 'texts' | 'plots' | 'runPoints'>;
}

interface MetricRecords extends Pick<ReportRecords, 'tasks'> {
  readonly queries: Pick<RunQueries, 'pointPage' | 'stepCurves' | 'stepMetrics'>;
}

/** At most this many calls have the name of one step: those of its component. */
const MAX_CALLS_PER_PAGE = 500;
const MAX_PARALLEL_READS = 20;

/**
 * The step that computed the result of a cached step; undefined if its run was removed or has
 * expired.
 */
export async function findOriginStep(
  { tasks }: Pick<ReportRecords, 'tasks'>,
  { run, step: name }: StepOrigin,
): Promise<{ readonly run: RunId; readonly step: Step } | undefined> {
  const parsed = runIdSchema.safeParse(run);
  if (!parsed.success) return undefined;
  const id = parsed.data;
  if ((await tasks.run(id)) === undefined) return undefined;
  for await (const calls of pages(
    (after: number) => tasks.callsNamed(id, name, after, MAX_CALLS_PER_PAGE),
    -1,
    (page) => (page.length < MAX_CALLS_PER_PAGE ? undefined : page.at(-1)),
  )) {
    const found = (await tasks.steps(id, calls)).find((step) => step.name === name);
    if (found !== undefined) return { run: id, step: found };
  }
  return undefined;
}

/** The points of a step (1). */
export async function readStepPoints(
  records: ReportRecords,
  run: RunId,
  step: ReportingStep,
): Promise<readonly Point[]> {
  if (step.status === 'superseded') return [];
  if (step.cachedFrom !== null && step.status === 'cached') {
    const origin = await findOriginStep(records, step.cachedFrom);
    return origin === undefined ? [] : await records.queries.points(origin.run, origin.step.call);
  }
  return step.attempts.length === 0 ? [] : await records.queries.points(run, step.call);
}

/** The step that reported the points of a step (1); undefined if there are none to read. */
async function reportingStep(
  records: Pick<ReportRecords, 'tasks'>,
  run: RunId,
  step: ReportingStep,
): Promise<{ readonly run: RunId; readonly call: number } | undefined> {
  if (step.status === 'superseded') return undefined;
  if (step.cachedFrom !== null && step.status === 'cached') {
    const origin = await findOriginStep(records, step.cachedFrom);
    return origin === undefined ? undefined : { run: origin.run, call: origin.step.call };
  }
  return step.attempts.length === 0 ? undefined : { run, call: step.call };
}

/** A page of the points of a step (1). */
export async function readStepPointPage(
  records: MetricRecords,
  run: RunId,
  step: ReportingStep,
  from: PointPosition | null,
  limit: number,
): Promise<PointPage> {
  const source = await reportingStep(records, run, step);
  return source === undefined
    ? { points: [], next: null }
    : await records.queries.pointPage(source.run, source.call, from, limit);
}

/** The metrics of a step (1), reduced. */
export async function readStepCurves(
  records: MetricRecords,
  run: RunId,
  step: ReportingStep,
  selection: MetricSelection,
  request: SeriesRequest,
): Promise<MetricCurves> {
  const source = await reportingStep(records, run, step);
  return source === undefined
    ? { items: [], more: false }
    : await records.queries.stepCurves(source.run, source.call, selection, request);
}

/** The metrics of steps (1) in short, in the order of the steps. */
export async function readMetricSummaries(
  records: MetricRecords,
  run: RunId,
  steps: readonly ReportingStep[],
): Promise<readonly (readonly MetricSummary[])[]> {
  const sources: Awaited<ReturnType<typeof reportingStep>>[] = [];
  for (const part of partsOf(steps, MAX_PARALLEL_READS))
    sources.push(...(await Promise.all(part.map((step) => reportingStep(records, run, step)))));
  const callsByRun = new Map<RunId, Set<number>>();
  for (const source of sources)
    if (source !== undefined)
      callsByRun.set(source.run, (callsByRun.get(source.run) ?? new Set()).add(source.call));
  const found = new Map<string, readonly MetricSummary[]>();
  for (const [id, calls] of callsByRun)
    for (const { call, metrics } of await records.queries.stepMetrics(id, [...calls]))
      found.set(`${id} ${call}`, metrics);
  return sources.map((source) =>
    source === undefined ? [] : (found.get(`${source.run} ${source.call}`) ?? []),
  );
}

/** The texts of a step (1), each with its attempt. */
export async function readStepTexts(
  records: ReportRecords,
  run: RunId,
  step: ReportingStep,
): Promise<readonly AttemptText[]> {
  if (step.cachedFrom !== null && step.status === 'cached') {
    const origin = await findOriginStep(records, step.cachedFrom);
    return origin === undefined ? [] : await records.queries.texts(origin.run, origin.step.call);
  }
  return await records.queries.texts(run, step.call);
}

/**
 * The plots of a step (1), each with its attempt. Of a cached step, they are those of the attempt
 * that computed the result. A step without plots costs no read.
 */
export async function readStepPlots(
  records: ReportRecords,
  run: RunId,
  step: ReportingStep,
): Promise<readonly AttemptPlot[]> {
  const { queries } = records;
  if (step.cachedFrom !== null && step.status === 'cached') {
    const origin = await findOriginStep(records, step.cachedFrom);
    const attempt = origin?.step.attempts.at(-1);
    return origin === undefined || attempt?.hasPlots !== true
      ? []
      : (await queries.plots(origin.run, origin.step.call)).filter(
          (plot) => plot.attempt === attempt.number,
        );
  }
  return step.status !== 'superseded' && step.attempts.some(({ hasPlots }) => hasPlots === true)
    ? await queries.plots(run, step.call)
    : [];
}

/**
 * The points of the run, in the order of reporting; those of steps that took over a result are
 * last. A point whose step is no longer a step of the run does not count.
 */
export async function readRunPoints(
  records: ReportRecords,
  run: RunId,
): Promise<readonly NamedRunPoint[]> {
  const { points, takenOver } = await records.queries.runPoints(run);
  const calls = new Set(points.flatMap(({ call }) => (call === null ? [] : [call])));
  for (const call of takenOver) calls.add(call);
  const steps = new Map<number, Step>();
  for (const part of partsOf(
    [...calls].sort((a, b) => a - b),
    MAX_CALLS_PER_PAGE,
  ))
    for (const step of await records.tasks.steps(run, part)) steps.set(step.call, step);
  const named = (point: RunPoint): NamedRunPoint[] => {
    const step = point.call === null ? null : steps.get(point.call)?.name;
    return step === undefined ? [] : [{ ...point, step }];
  };
  const found = points.flatMap(named);
  for (const part of partsOf(takenOver, MAX_PARALLEL_READS)) {
    const ofParts = await Promise.all(
      part.map(async (call) => {
        const step = steps.get(call);
        if (step === undefined) return [];
        const component = await records.tasks.component(run, step.component);
        if (component === undefined) return [];
        const own = await readStepPoints(records, run, step);
        return monitoredPoints(component.declaration, own).map((point) => ({ ...point, call }));
      }),
    );
    found.push(...ofParts.flat().flatMap(named));
  }
  return found;
}

const partsOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );

/** What was reported, from the records of a home or a deployment. */
export function recordedOutputs(records: ReportRecords): ReportedOutputs {
  const runs = new Map<string, Promise<OriginRun | undefined>>();
  return {
    points: (run, step) => readStepPoints(records, run, step),
    firstPoint: async (run, step) => (await readStepPoints(records, run, step))[0],
    plots: (run, step) => readStepPlots(records, run, step),
    runPoints: (run) => readRunPoints(records, run),
    originRun: (run) => {
      const known = runs.get(run) ?? readOriginRun(records, run);
      runs.set(run, known);
      return known;
    },
  };
}

async function readOriginRun(
  { tasks }: Pick<ReportRecords, 'tasks'>,
  run: string,
): Promise<OriginRun | undefined> {
  const id = runIdSchema.safeParse(run);
  const found = id.success ? await tasks.run(id.data) : undefined;
  return found === undefined
    ? undefined
    : { pipeline: found.info.pipeline, number: found.info.number };
}

/**
 * Runs and steps behind an API as the commands show them.
 *
 * @module
 */
import { allOf, type Client } from '../../client/client.ts';
import type { Point } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import type { Value } from '../../model/value.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import type { PointDocument, RunDocument, RunSummary } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { Content, LinkDocument } from '../../wire/values.ts';
import type { ReportSource } from '../report.ts';
import type { ListedRun, ShownRun, ShownStep } from '../shown.ts';

/** The most that the API gives at once. */
export const PAGE = 200;

export interface RemoteSource extends ReportSource {
  /** A run as it is now. @throws ApiError */
  run(id: string): Promise<ShownRun & { readonly revision: number }>;
  /** Data as a value whose object this source can read. */
  asValue(content: Content): Value;
  /** What reads a stored object. @throws ObjectMissingError if the source was never told of it */
  open(key: string): Promise<Response>;
}

/** @param metrics Steps are read with what they measured: for reports. */
export function remoteSource(
  client: Client,
  { metrics }: { readonly metrics: boolean },
): RemoteSource {
  const links = new Map<string, LinkDocument>();
  /** Where the page begins that has the n-th step, by n. */
  const cursors = new Map<string, string>();
  const points = new Map<string, readonly Point[]>();

  const asValue = (content: Content): Value => {
    if (!('key' in content)) return content;
    const { link, ...value } = content;
    links.set(value.key, link);
    return value;
  };

  const open = async (key: string): Promise<Response> => {
    const link = links.get(key);
    if (link === undefined) throw new ObjectMissingError(key);
    return await client.read(link);
  };

  return {
    run: async (id) => {
      const document = await client.run(id);
      return {
        ...shownRun(document, document.result === null ? null : asValue(document.result)),
        revision: document.revision,
      };
    },
    asValue,
    open,
    objects: { get: async (key) => new Uint8Array(await (await open(key)).arrayBuffer()) },
    tasks: {
      steps: (run, calls) => Promise.all(calls.map((call) => client.step(run, call))),
      async parents(run, child, after, limit) {
        const found: number[] = [];
        for await (const { call } of allOf((cursor) =>
          client.parents(run, child, { limit: PAGE, ...cursor }),
        )) {
          if (call > after) found.push(call);
          if (found.length === limit) break;
        }
        return found;
      },
    },
    queries: {
      async allSteps(run, limit, after) {
        const steps: ShownStep[] = [];
        for (let at = after; steps.length < limit; ) {
          const cursor = cursors.get(`${run} ${at}`);
          if (at > 0 && cursor === undefined) break;
          const size = Math.min(limit - steps.length, metrics ? PAGE / 4 : PAGE);
          const page = await client.steps(run, {
            limit: size,
            ...(cursor === undefined ? {} : { cursor }),
            ...(metrics ? { include: 'metrics' } : {}),
          });
          for (const step of page.items) {
            steps.push(shownStep(step));
            if (step.points !== null && !step.morePoints && step.status !== 'superseded')
              points.set(`${run} ${step.call}`, step.points.map(pointOf));
          }
          at += page.items.length;
          if (page.next === null) break;
          cursors.set(`${run} ${at}`, page.next);
        }
        return steps;
      },
      async points(run, call) {
        const known = points.get(`${run} ${call}`);
        points.delete(`${run} ${call}`);
        if (known !== undefined) return known;
        const found: Point[] = [];
        const page = (cursor: { readonly cursor?: string }) =>
          call === null
            ? client.runMetrics(run, { limit: PAGE, ...cursor })
            : client.stepMetrics(run, call, { limit: PAGE, ...cursor });
        for await (const point of allOf(page)) found.push(pointOf(point));
        return found;
      },
    },
  };
}

const time = (text: string): number => Date.parse(text);
const timeOrNull = (text: string | null): number | null => (text === null ? null : time(text));
const timeIfAny = (text: string | null): number | undefined =>
  text === null ? undefined : time(text);

const pointOf = ({ at, ...point }: PointDocument): Point => ({ ...point, at: time(at) });

export const listedRun = (
  run: RunSummary,
): ListedRun & { readonly info: { readonly id: RunId; readonly rerunOf: RunId | null } } => ({
  info: {
    id: runIdSchema.parse(run.id),
    pipeline: run.pipeline,
    project: run.project,
    version: run.version,
    number: run.number,
    createdAt: time(run.createdAt),
    rerunOf: run.rerunOf,
  },
  head: {
    status: run.status,
    tags: run.tags,
    startedAt: timeOrNull(run.startedAt),
    endedAt: timeOrNull(run.endedAt),
  },
});

type Entry = {
  readonly metadata: RunDocument['artifacts'][number]['metadata'];
  readonly createdAt: string;
};

const artifactOf = <T extends Entry>({ metadata, createdAt, ...rest }: T) => ({
  ...rest,
  ...(metadata === null ? {} : { metadata: { ...metadata } }),
  createdAt: time(createdAt),
});

const modelOf = ({ framework, ...rest }: RunDocument['models'][number]) => ({
  ...artifactOf(rest),
  ...(framework === null ? {} : { framework }),
});

function shownRun(run: RunDocument, result: Value | null): ShownRun {
  const { info, head } = listedRun(run);
  return {
    info: { ...info, args: run.args },
    head: {
      ...head,
      callCount: run.steps.calls,
      result,
      error: run.error,
      callbackErrors: run.callbackErrors,
      artifacts: run.artifacts.map(artifactOf),
      models: run.models.map(modelOf),
    },
  };
}

export const shownStep = (step: StepDocument): ShownStep => ({
  call: step.call,
  name: step.name,
  component: step.component,
  project: step.project,
  taskType: step.taskType,
  tags: step.tags,
  status: step.status,
  waitingFor: step.waitingFor,
  parentNames: step.parents,
  parentCount: step.parentCount,
  queue: step.queue,
  cacheKey: step.cacheKey,
  cachedFrom: step.cachedFrom,
  attempts: step.attempts.map(({ number, status, exitCode, reason, startedAt, endedAt }) => ({
    number,
    status,
    exitCode,
    reason: reason ?? undefined,
    startedAt: timeIfAny(startedAt),
    endedAt: timeIfAny(endedAt),
  })),
  error: step.error,
  artifacts: step.artifacts.map(artifactOf),
  models: step.models.map(modelOf),
  createdAt: time(step.createdAt),
  startedAt: timeOrNull(step.startedAt),
  endedAt: timeOrNull(step.endedAt),
});

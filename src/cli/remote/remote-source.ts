/**
 * Runs and steps behind an API as the commands show them.
 *
 * @module
 */
import { allItems, type Client } from '../../client/client.ts';
import type { Point } from '../../model/artifacts.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import type { Value } from '../../model/value.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import type { PointDocument, RunDocument, RunSummary } from '../../wire/runs.ts';
import type { StepDocument } from '../../wire/steps.ts';
import type { Content, LinkDocument } from '../../wire/values.ts';
import type { ReportSource } from '../run-report.ts';
import type { RunListItem, RunViewModel, StepViewModel } from '../view-models.ts';

/** The most that the API gives at once. */
export const MAX_API_PAGE_ITEMS = 200;

export interface RemoteSource extends ReportSource {
  /** A run as it is now. @throws ApiError */
  run(id: string): Promise<RunViewModel & { readonly revision: number }>;
  /** Data as a value whose object this source can read. */
  toValue(content: Content): Value;
  /** What reads a stored object. @throws ObjectMissingError if the source was never told of it */
  openObject(key: string): Promise<Response>;
}

/** @param metrics Steps are read with what they measured: for reports. */
export function createRemoteSource(
  client: Client,
  { metrics }: { readonly metrics: boolean },
): RemoteSource {
  const links = new Map<string, LinkDocument>();
  /** Where the page begins that has the n-th step, by n. */
  const cursors = new Map<string, string>();
  const points = new Map<string, readonly Point[]>();

  const toValue = (content: Content): Value => {
    if (!('key' in content)) return content;
    const { link, ...value } = content;
    links.set(value.key, link);
    return value;
  };

  const openObject = async (key: string): Promise<Response> => {
    const link = links.get(key);
    if (link === undefined) throw new ObjectMissingError(key);
    return await client.readLink(link);
  };

  return {
    run: async (id) => {
      const document = await client.run(id);
      return {
        ...toRunViewModel(document, document.result === null ? null : toValue(document.result)),
        revision: document.revision,
      };
    },
    toValue,
    openObject,
    objects: { get: async (key) => new Uint8Array(await (await openObject(key)).arrayBuffer()) },
    tasks: {
      steps: (run, calls) => Promise.all(calls.map((call) => client.stepPath(run, call))),
      async parents(run, child, after, limit) {
        const found: number[] = [];
        for await (const { call } of allItems((cursor) =>
          client.parents(run, child, { limit: MAX_API_PAGE_ITEMS, ...cursor }),
        )) {
          if (call > after) found.push(call);
          if (found.length === limit) break;
        }
        return found;
      },
    },
    queries: {
      async allSteps(run, limit, after) {
        const steps: StepViewModel[] = [];
        for (let offset = after; steps.length < limit; ) {
          const cursor = cursors.get(`${run} ${offset}`);
          if (offset > 0 && cursor === undefined) break;
          const size = Math.min(
            limit - steps.length,
            metrics ? MAX_API_PAGE_ITEMS / 4 : MAX_API_PAGE_ITEMS,
          );
          const page = await client.steps(run, {
            limit: size,
            ...(cursor === undefined ? {} : { cursor }),
            ...(metrics ? { include: 'metrics' } : {}),
          });
          for (const step of page.items) {
            steps.push(toStepViewModel(step));
            if (step.points !== null && !step.hasMorePoints && step.status !== 'superseded')
              points.set(`${run} ${step.call}`, step.points.map(toPoint));
          }
          offset += page.items.length;
          if (page.next === null) break;
          cursors.set(`${run} ${offset}`, page.next);
        }
        return steps;
      },
      async points(run, call) {
        const cached = points.get(`${run} ${call}`);
        points.delete(`${run} ${call}`);
        if (cached !== undefined) return cached;
        const found: Point[] = [];
        const page = (cursor: { readonly cursor?: string }) =>
          call === null
            ? client.runMetrics(run, { limit: MAX_API_PAGE_ITEMS, ...cursor })
            : client.stepMetrics(run, call, { limit: MAX_API_PAGE_ITEMS, ...cursor });
        for await (const point of allItems(page)) found.push(toPoint(point));
        return found;
      },
    },
  };
}

const parseTime = (text: string): number => Date.parse(text);
const parseTimeOrNull = (text: string | null): number | null =>
  text === null ? null : parseTime(text);
const parseTimeIfPresent = (text: string | null): number | undefined =>
  text === null ? undefined : parseTime(text);

const toPoint = ({ at, ...point }: PointDocument): Point => ({ ...point, at: parseTime(at) });

export const toRunListItem = (
  run: RunSummary,
): RunListItem & { readonly info: { readonly id: RunId; readonly rerunOf: RunId | null } } => ({
  info: {
    id: runIdSchema.parse(run.id),
    pipeline: run.pipeline,
    project: run.project,
    version: run.version,
    number: run.number,
    createdAt: parseTime(run.createdAt),
    rerunOf: run.rerunOf,
  },
  head: {
    status: run.status,
    tags: run.tags,
    startedAt: parseTimeOrNull(run.startedAt),
    endedAt: parseTimeOrNull(run.endedAt),
  },
});

type DocumentEntry = {
  readonly metadata: RunDocument['artifacts'][number]['metadata'];
  readonly createdAt: string;
};

const toArtifactViewModel = <T extends DocumentEntry>({ metadata, createdAt, ...rest }: T) => ({
  ...rest,
  ...(metadata === null ? {} : { metadata: { ...metadata } }),
  createdAt: parseTime(createdAt),
});

const toModelViewModel = ({ framework, ...rest }: RunDocument['models'][number]) => ({
  ...toArtifactViewModel(rest),
  ...(framework === null ? {} : { framework }),
});

function toRunViewModel(run: RunDocument, result: Value | null): RunViewModel {
  const { info, head } = toRunListItem(run);
  return {
    info: { ...info, args: run.args },
    head: {
      ...head,
      callCount: run.steps.total,
      result,
      error: run.error,
      callbackErrors: run.callbackErrors,
      artifacts: run.artifacts.map(toArtifactViewModel),
      models: run.models.map(toModelViewModel),
    },
  };
}

export const toStepViewModel = (step: StepDocument): StepViewModel => ({
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
    startedAt: parseTimeIfPresent(startedAt),
    endedAt: parseTimeIfPresent(endedAt),
  })),
  error: step.error,
  artifacts: step.artifacts.map(toArtifactViewModel),
  models: step.models.map(toModelViewModel),
  createdAt: parseTime(step.createdAt),
  startedAt: parseTimeOrNull(step.startedAt),
  endedAt: parseTimeOrNull(step.endedAt),
});

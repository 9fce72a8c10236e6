/**
 * Queries of users and programs. Lists of runs come from the table's indexes, which may lag by some
 * milliseconds.
 *
 * @module
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Artifact, Model, Report } from '../../model/artifacts.ts';
import type { RunId } from '../../model/ids.ts';
import type { Retention } from '../../model/retention.ts';
import { isTerminalRun, RUN_STATUSES, type Run } from '../../model/run.ts';
import { countedPoints, type RunPoints } from '../../model/run-reports.ts';
import type { Step } from '../../model/step.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AttemptText, NamedPage, RunQueries } from '../../ports/tasks.ts';
import { TASKS_TABLE } from '../deployment/table-schemas.ts';
import {
  type Condition,
  endOfPrefix,
  inParallel,
  type KeyRange,
  Table,
  text,
} from '../dynamodb/table.ts';
import { readSuperseded } from './archive.ts';
import { readReports, readRunReports } from './reports.ts';
import { readRunOutputs } from './run-outputs.ts';
import { RunRecords, runIdIn } from './run-records.ts';
import { readStepRange, readSteps } from './steps.ts';

export interface DynamoQueriesOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly retention: Retention;
  readonly clock?: Clock;
}

type RunFilter = Parameters<RunQueries['runs']>[0];

export function createDynamoQueries({
  client,
  table: name,
  retention,
  clock = { now: () => Date.now() },
}: DynamoQueriesOptions): RunQueries {
  const table = new Table(client, name);
  return new DynamoQueries(table, new RunRecords(table, { now: () => clock.now(), retention }));
}

class DynamoQueries implements RunQueries {
  readonly #table: Table;
  readonly #runs: RunRecords;

  constructor(table: Table, runs: RunRecords) {
    this.#table = table;
    this.#runs = runs;
  }

  async runs(filter: RunFilter): Promise<readonly Run[]> {
    const found: Run[] = [];
    for await (const page of this.#table.pages({
      ...indexFor(filter),
      descending: true,
      limit: Math.max(filter.limit, MIN_PAGE_ITEMS),
    })) {
      for (let at = 0; at < page.length && found.length < filter.limit; at += filter.limit) {
        const runs = await inParallel(page.slice(at, at + filter.limit), (item) =>
          this.#run(runIdIn(item)),
        );
        found.push(
          ...runs.flatMap((run) => (run === undefined || !matches(run, filter) ? [] : [run])),
        );
      }
      if (found.length >= filter.limit) break;
    }
    return found.slice(0, filter.limit);
  }

  async runsWithPrefix(prefix: string): Promise<readonly RunId[]> {
    const { name, partitionKey, sortKey } = TASKS_TABLE.indexes[0];
    const range = {
      pk: 'run',
      from: prefix,
      to: endOfPrefix(prefix),
      index: { name, partitionKey, sortKey },
      limit: 2,
    };
    return (await this.#table.list(range, 2)).map(runIdIn);
  }

  async allSteps(id: RunId, limit = Number.POSITIVE_INFINITY, after = 0): Promise<readonly Step[]> {
    const state = await this.#runs.load(id);
    if (state === undefined) return [];
    const live = await readStepRange(this.#table, state, after, limit);
    return [
      ...live,
      ...(await readSuperseded(
        this.#table,
        state,
        Math.max(0, after - state.head.callCount),
        limit - live.length,
      )),
    ];
  }

  async points(id: RunId, call: number): Promise<Report['points']> {
    const state = await this.#runs.load(id);
    if (state === undefined) return [];
    const [step] = await readSteps(this.#table, state, [call]);
    const attempt = step?.attempts.at(-1)?.number;
    return (await readReports(this.#table, state, call))
      .filter((report) => report.attempt === attempt)
      .flatMap((report) => report.points);
  }

  async runPoints(id: RunId): Promise<RunPoints> {
    const state = await this.#runs.load(id);
    return countedPoints(state === undefined ? [] : await readRunReports(this.#table, state));
  }

  async texts(id: RunId, call: number): Promise<readonly AttemptText[]> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? []
      : (await readReports(this.#table, state, call)).flatMap(({ attempt, texts }) =>
          texts.map((text) => ({ ...text, attempt })),
        );
  }

  async runTexts(id: RunId): Promise<Report['texts']> {
    const state = await this.#runs.load(id);
    return state === undefined
      ? []
      : (await readRunReports(this.#table, state)).flatMap(({ texts }) => texts ?? []);
  }

  async runArtifacts(id: RunId, page: NamedPage): Promise<readonly Artifact[]> {
    const state = await this.#runs.load(id);
    return state === undefined ? [] : readRunOutputs(this.#table, state, 'artifacts', page);
  }

  async runModels(id: RunId, page: NamedPage): Promise<readonly Model[]> {
    const state = await this.#runs.load(id);
    return state === undefined ? [] : readRunOutputs(this.#table, state, 'models', page);
  }

  async #run(id: RunId): Promise<Run | undefined> {
    const state = await this.#runs.load(id);
    return state === undefined ? undefined : this.#runs.record(state);
  }
}

const MIN_PAGE_ITEMS = 25;

/** The smallest index that contains all matching runs, and the filter for the other conditions. */
function indexFor({ project, pipeline, status, before }: RunFilter): KeyRange {
  const [all, ofProject, live] = TASKS_TABLE.indexes;
  const isLive = RUN_STATUSES.some((known) => known === status && !isTerminalRun(known));
  const chosen = isLive
    ? { index: live, pk: 'live' }
    : project === undefined
      ? { index: all, pk: 'run' }
      : { index: ofProject, pk: project };
  const wanted = { pipeline, status, ...(isLive ? { project } : {}) };
  const given = Object.entries(wanted).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const filter: Condition = {
    expression: given.map(([name]) => `#${name} = :${name}`).join(' AND '),
    values: Object.fromEntries(given.map(([name, value]) => [`:${name}`, text(value)])),
  };
  const { name, partitionKey, sortKey } = chosen.index;
  return {
    pk: chosen.pk,
    from: '0',
    to: before === undefined ? '~' : keyBelow(before),
    index: { name, partitionKey, sortKey },
    ...(given.length === 0 ? {} : { filter }),
  };
}

/** The greatest key that sorts before `id`. Ids consist of digits and lower-case letters. */
const keyBelow = (id: string): string =>
  `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}~`;

const matches = ({ info, head }: Run, { project, pipeline, status, before }: RunFilter): boolean =>
  (project === undefined || info.project === project) &&
  (pipeline === undefined || info.pipeline === pipeline) &&
  (status === undefined || head.status === status) &&
  (before === undefined || info.id < before);

/**
 * The client of programs: runs, steps and values as plain objects, whatever stores them.
 *
 * @module
 */
import { resolve } from 'node:path';
import { decode, fromInline } from '../codec/index.ts';
import { NotFoundError } from '../launch/errors.ts';
import { runResult } from '../launch/run-result.ts';
import type { RunId } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { isStored } from '../model/value.ts';
import { completeArguments } from '../submit/arguments.ts';
import { compile } from '../submit/compile.ts';
import { runReport, runSummaryReport, stepReports } from '../view/run-report.ts';
import type { RunViewModel } from '../view/view-models.ts';
import type { PrintedStep } from '../wire/printed.ts';
import type { Backend, OutputValue } from './backend.ts';
import { readPlots } from './plots.ts';
import type {
  HeadraceClient,
  ListedRun,
  Metric,
  Output,
  ReadRun,
  ReadStep,
  RunQuery,
  StartRequest,
} from './types.ts';

const DEFAULT_RUNS = 20;

/** A run's label, as in `iris#7` or `examples/iris#7`. The project may have slashes. */
const RUN_LABEL = /^(?:(?<project>.+)\/)?(?<pipeline>[^/]+)#(?<number>\d+)$/;

export class ProgramClient implements HeadraceClient {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async runs({ limit = DEFAULT_RUNS, ...query }: RunQuery = {}): Promise<readonly ListedRun[]> {
    const found: ListedRun[] = [];
    if (limit < 1) return found;
    for await (const run of this.#backend.runs(query)) {
      found.push(runSummaryReport(run));
      if (found.length >= limit) break;
    }
    return found;
  }

  async run(name: string): Promise<ReadRun> {
    return await this.#read((await this.#byLabel(name)) ?? (await this.#backend.find(name)));
  }

  async start({ file, pipeline, args = {}, noCache = false }: StartRequest): Promise<ReadRun> {
    const compiled = await compile({ file: resolve(file), pipeline });
    const complete = completeArguments(toJson(args), compiled.code.signature);
    return await this.#read(await this.#backend.start({ compiled, args: complete, noCache }));
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  async #byLabel(name: string): Promise<RunId | undefined> {
    const { project, pipeline, number } = RUN_LABEL.exec(name)?.groups ?? {};
    if (pipeline === undefined) return undefined;
    for await (const { info } of this.#backend.runs({ project, pipeline }))
      if (info.number === Number(number)) return info.id;
    throw new NotFoundError(
      `there is no run ${JSON.stringify(name)}: \`headrace runs list\` shows all runs`,
    );
  }

  async #read(id: RunId): Promise<ReadRun> {
    return await readRun(this.#backend, await this.#backend.run(id));
  }
}

async function readRun(backend: Backend, run: RunViewModel): Promise<ReadRun> {
  const { id } = run.info;
  const { createdAt: _, ...summary } = runSummaryReport(run);
  const steps = async (): Promise<readonly ReadStep[]> => {
    const found: ReadStep[] = [];
    for await (const step of stepReports(await backend.source(), id))
      found.push(readStep(backend, id, step));
    return found;
  };
  const outputs = async () => (await backend.outputs(id, undefined)).map(toOutput(backend, id));
  return {
    ...summary,
    args: { ...run.info.args },
    error: run.head.error,
    steps,
    outputs,
    result: async () => await runResult(run, (await backend.source()).objects),
    step: async (name) => requireNamed(await steps(), name, `run ${id}`, 'step'),
    metrics: async () => {
      const { metrics } = await runReport(await backend.source(), {
        ...run,
        head: withoutResult(run),
      });
      const own = metrics.filter(({ step }) => step === null);
      return [
        ...own.map((metric) => toMetric(metric, null)),
        ...(await steps()).flatMap((step) => step.metrics),
      ];
    },
    plots: async () => await readPlots(backend, id),
    artifact: async (name) =>
      await requireNamed(await outputs(), name, `run ${id} itself`, 'artifact or model').value(),
    logs: async () => await backend.logs(id, undefined, undefined),
    refresh: async () => await readRun(backend, await backend.run(id)),
    wait: async () => {
      await backend.wait(id);
      return await readRun(backend, await backend.run(id));
    },
  };
}

/** The result is not read for a report of metrics. */
const withoutResult = ({ head }: RunViewModel): RunViewModel['head'] => ({ ...head, result: null });

function readStep(backend: Backend, run: RunId, step: PrintedStep): ReadStep {
  const { name, component, status, tags, queue, parents, error } = step;
  const owner = `step ${name} of run ${run}`;
  const outputs = async () => (await backend.outputs(run, name)).map(toOutput(backend, run, name));
  return {
    name,
    component,
    status,
    tags,
    queue: queue ?? '',
    parents,
    attempts: step.attempts.map(
      ({ number, status: attemptStatus, reason, startedAt, endedAt }) => ({
        number,
        status: attemptStatus,
        reason,
        startedAt,
        endedAt,
      }),
    ),
    error,
    metrics: step.metrics.map((metric) => toMetric(metric, name)),
    plots: async ({ attempt } = {}) => await readPlots(backend, run, name, attempt),
    outputs,
    artifact: async (artifactName) => {
      const all = await outputs();
      const chosen = artifactName ?? (all.length === 1 ? all[0]?.name : undefined);
      if (chosen === undefined)
        throw new NotFoundError(
          `${owner} has ${all.length === 0 ? 'no artifact' : `several artifacts: name one of ${all.map((each) => each.name).join(', ')}`}`,
        );
      return await requireNamed(all, chosen, owner, 'artifact or model').value();
    },
    logs: async ({ attempt } = {}) => await backend.logs(run, name, attempt),
  };
}

/** @throws NotFoundError with the names that exist */
function requireNamed<T extends { readonly name: string }>(
  items: readonly T[],
  name: string,
  owner: string,
  kind: string,
): T {
  const found = items.find((item) => item.name === name);
  if (found !== undefined) return found;
  const names = items.map((item) => item.name).join(', ');
  throw new NotFoundError(
    `${owner} has no ${kind} ${JSON.stringify(name)}: it has ${names === '' ? 'none' : names}`,
  );
}

const toOutput =
  (backend: Backend, run: RunId, step?: string) =>
  (output: OutputValue): Output => ({
    name: output.name,
    kind: output.kind,
    format: output.value.format,
    metadata: output.metadata,
    value: async () => await decodeOutput(output),
    save: async (path) => {
      const target = resolve(path);
      await backend.save(run, step, output.name, target);
      return target;
    },
  });

async function decodeOutput({ name, value, read }: OutputValue): Promise<unknown> {
  if (!isStored(value)) return decode(fromInline(value));
  if (value.format === 'folder')
    throw new NotFoundError(`${name} is a folder, not a value: unpack it with save(path)`);
  const bytes = await read();
  if (value.format === 'json')
    return decode({ format: 'json', text: Buffer.from(bytes).toString('utf8') });
  return value.format === 'cbor' ? decode({ format: 'cbor', bytes }) : bytes;
}

/** JSON has no numbers like `NaN`, so a document may have a text in place of one. */
const toMetric = (
  { title, series, points }: PrintedStep['metrics'][number],
  step: string | null,
): Metric => ({
  title,
  series,
  step,
  points: points.map((point) => ({ ...point, value: Number(point.value) })),
});

/** Arguments are JSON data, as in the API. */
const toJson = (args: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value as Json]),
  );

/**
 * The route that compares runs: what tables of parameters, metrics, models and code need, of up to a
 * hundred runs in one request.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { runIdSchema } from '../../model/ids.ts';
import { toIsoTimeOrNull } from '../../model/iso-time.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import { readMetricSummaries } from '../../ports/reported-outputs.ts';
import type { ScalarSummary } from '../../wire/series.ts';
import { type ComparedRun, runSummariesSchema } from '../../wire/summaries.ts';
import { runCost } from '../costs.ts';
import { itemsWithinPage } from '../cursors.ts';
import { runSummaryDocument, stepTotals } from '../documents.ts';
import { scalarDocument } from '../metric-documents.ts';
import type { ApiPorts } from '../ports.ts';
import { commonProblems, jsonResponse } from '../route-schemas.ts';
import { readRunScalars } from '../run-includes.ts';

const MAX_RUNS = 100;
const MAX_STEPS = 50;
const MAX_SCALARS = 200;
const MAX_MODELS = 50;
/** Runs that are read at the same time: each of them reads its steps at the same time. */
const MAX_PARALLEL_RUNS = 5;

const runsParam = z
  .string()
  .transform((text) => [...new Set(text.split(','))])
  .pipe(z.array(runIdSchema).max(MAX_RUNS, `a request is about ${MAX_RUNS} runs at most`))
  .meta({
    type: 'string',
    description: `The ids of up to ${MAX_RUNS} runs, separated by commas.`,
  });

export function summaryRoutes(api: OpenAPIHono, ports: ApiPorts): void {
  const { tasks } = ports;
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/summaries',
      operationId: 'compareRuns',
      summary: 'Runs in short, for a comparison',
      request: { query: z.strictObject({ runs: runsParam }) },
      responses: {
        200: jsonResponse(runSummariesSchema, 'The runs that exist, and the ids of the others.'),
        ...commonProblems,
      },
    }),
    async (c) => {
      const { runs: ids } = c.req.valid('query');
      const read: (ComparedRun | undefined)[] = [];
      for (let from = 0; from < ids.length; from += MAX_PARALLEL_RUNS)
        read.push(
          ...(await Promise.all(
            ids.slice(from, from + MAX_PARALLEL_RUNS).map(async (id) => {
              const run = await tasks.run(id);
              return run === undefined ? undefined : await comparedRun(ports, run);
            }),
          )),
        );
      const found = read.flatMap((document) => document ?? []);
      const items = itemsWithinPage(found);
      return c.json(
        {
          items,
          missing: ids.filter((_, index) => read[index] === undefined),
          next: found.slice(items.length).map(({ id }) => id),
        },
        200,
      );
    },
  );
}

async function comparedRun(ports: ApiPorts, run: Run): Promise<ComparedRun> {
  const { info, head } = run;
  const steps = (await ports.queries.allSteps(info.id, MAX_STEPS)).filter(
    ({ status }) => status !== 'superseded',
  );
  const [ofRun, ofSteps, cost, models] = await Promise.all([
    readRunScalars(ports, info.id),
    scalarsOf(ports, run, steps),
    runCost(ports, run),
    ports.queries.runModels(info.id, { limit: MAX_MODELS + 1 }),
  ]);
  const scalars = [...ofRun, ...ofSteps];
  const allModels = [
    ...models.map((model) => ({ model, step: null })),
    ...steps.flatMap((step) => step.models.map((model) => ({ model, step: step.name }))),
  ];
  const hasMoreSteps = head.callCount > MAX_STEPS;
  return {
    ...runSummaryDocument(run),
    args: { ...info.args },
    argsMap: { ...info.declaration.argsMap },
    steps: stepTotals(head),
    cost,
    codeHash: info.code.logic.hash,
    components: info.code.components.map(({ name, bundle }) => ({ name, codeHash: bundle.hash })),
    firstSteps: steps.map(({ call, name, component, status, startedAt, endedAt }) => ({
      ...{ call, name, component, status },
      startedAt: toIsoTimeOrNull(startedAt),
      endedAt: toIsoTimeOrNull(endedAt),
    })),
    scalars: scalars.slice(0, MAX_SCALARS),
    hasMoreScalars: scalars.length > MAX_SCALARS || hasMoreSteps,
    models: allModels
      .slice(0, MAX_MODELS)
      .map(({ model: { name, framework, size, hash }, step }) => ({
        ...{ name, size, hash, step },
        framework: framework ?? null,
      })),
    hasMoreModels: allModels.length > MAX_MODELS || hasMoreSteps,
  };
}

async function scalarsOf(
  ports: ApiPorts,
  { info }: Run,
  steps: readonly Step[],
): Promise<ScalarSummary[]> {
  const metrics = await readMetricSummaries(ports, info.id, steps);
  return steps.flatMap(({ call, name }, index) =>
    (metrics[index] ?? []).map((metric) => scalarDocument(metric, { call, step: name })),
  );
}

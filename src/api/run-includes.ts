/**
 * What a document of a run contains only if the request includes it.
 *
 * @module
 */
import { z } from 'zod';
import type { RunId } from '../model/ids.ts';
import { pointsByMetric, summaryOf } from '../model/metric-summaries.ts';
import type { Run } from '../model/run.ts';
import { readRunPoints } from '../ports/reported-outputs.ts';
import type { RunSummary } from '../wire/runs.ts';
import type { ScalarSummary } from '../wire/series.ts';
import { runCost } from './costs.ts';
import { runSummaryDocument } from './documents.ts';
import { ownerOf, scalarDocument } from './metric-documents.ts';
import type { ApiPorts } from './ports.ts';

/** Metrics in the document of a run. */
const MAX_RUN_SCALARS = 50;
/** Runs whose parts are read at the same time. */
const MAX_PARALLEL_RUNS = 10;

const INCLUDES = ['args', 'scalars', 'cost'] as const;
type Include = (typeof INCLUDES)[number];

const isInclude = (text: string): text is Include => INCLUDES.some((each) => each === text);

export const includeParam = z
  .string()
  .regex(
    /^(?:args|scalars|cost)(?:,(?:args|scalars|cost)){0,2}$/,
    'include names args, scalars or cost, separated by commas',
  )
  .transform((text) => text.split(',').filter(isInclude))
  .optional()
  .meta({
    type: 'string',
    description:
      'Further parts of each run, separated by commas: `args`, `scalars` (its own metrics in short), `cost` (an estimate).',
  });

/** The metrics of the run itself, in the order of their first points. */
export async function readRunScalars(ports: ApiPorts, run: RunId): Promise<ScalarSummary[]> {
  const points = await readRunPoints(ports, run);
  return pointsByMetric(points, ({ call }) => call).map((metric) =>
    scalarDocument(summaryOf(metric), ownerOf(metric.points[0])),
  );
}

export async function includedParts(
  ports: ApiPorts,
  run: Run,
  includes: readonly Include[],
): Promise<Pick<RunSummary, 'args' | 'scalars' | 'cost'>> {
  const { id, args } = run.info;
  const [scalars, cost] = await Promise.all([
    includes.includes('scalars') ? readRunScalars(ports, id) : null,
    includes.includes('cost') ? runCost(ports, run) : null,
  ]);
  return {
    args: includes.includes('args') ? { ...args } : null,
    scalars: scalars === null ? null : scalars.slice(0, MAX_RUN_SCALARS),
    cost,
  };
}

export async function runSummaryDocuments(
  ports: ApiPorts,
  runs: readonly Run[],
  includes: readonly Include[],
): Promise<ReadonlyMap<RunId, RunSummary>> {
  const documents = new Map<RunId, RunSummary>();
  for (let from = 0; from < runs.length; from += MAX_PARALLEL_RUNS) {
    const part = runs.slice(from, from + MAX_PARALLEL_RUNS);
    const parts = await Promise.all(
      part.map(async (run) => ({
        ...runSummaryDocument(run),
        ...(await includedParts(ports, run, includes)),
      })),
    );
    for (const document of parts) documents.set(document.id, document);
  }
  return documents;
}

/**
 * Estimated costs of steps and runs, as documents.
 *
 * 1. Only a deployment in AWS knows prices: a run on a machine of one's own has no cost.
 * 2. The cost of a run follows from the totals of its components: no step is read.
 *
 * @module
 */
import {
  attemptsDollars,
  type ComputeRate,
  type CostModel,
  executionsDollars,
  pricesText,
} from '../model/compute-costs.ts';
import type { Run } from '../model/run.ts';
import type { Step } from '../model/step.ts';
import { stepOptionsOf } from '../model/step-options.ts';
import { findOriginStep } from '../ports/reported-outputs.ts';
import type { ComponentTotals } from '../ports/run-state.ts';
import type { CostDocument } from '../wire/costs.ts';
import type { ApiPorts } from './ports.ts';

type CostPorts = Pick<ApiPorts, 'costs' | 'tasks' | 'queries'>;

/**
 * @param readOrigin whether the origin of a cached step is read: lists leave it out
 */
export async function stepCost(
  ports: CostPorts,
  step: Step,
  readOrigin: boolean,
): Promise<CostDocument | null> {
  const { costs } = ports;
  if (costs === undefined || step.childRun !== undefined || step.usedModel !== undefined)
    return null;
  const rate = costs.rateOf(step);
  if (rate === undefined) return null;
  const own = step.adoptedFrom === undefined ? step.attempts : [];
  return {
    compute: attemptsDollars(own, rate),
    requests: rate.requests,
    savedByCache:
      step.status !== 'cached' ? 0 : readOrigin ? await originDollars(ports, costs, step) : null,
    currency: 'USD',
    estimated: true,
    basis: `${rate.text}; start to end of each attempt that ended; ${pricesText(costs.hasOwnPrices)}`,
  };
}

/** The compute of the attempt that computed the result of a cached step. */
async function originDollars(
  ports: CostPorts,
  costs: CostModel,
  { cachedFrom }: Step,
): Promise<number | null> {
  const origin = cachedFrom === null ? undefined : await findOriginStep(ports, cachedFrom);
  const rate = origin && costs.rateOf(origin.step);
  const attempt = origin?.step.attempts.at(-1);
  return rate === undefined || attempt?.endedAt === undefined
    ? null
    : attemptsDollars([attempt], rate);
}

/** The estimate of a run (2). */
export async function runCost(ports: CostPorts, { info }: Run): Promise<CostDocument | null> {
  const { costs, queries, tasks } = ports;
  if (costs === undefined) return null;
  const state = await queries.state(info.id);
  if (state === undefined) return null;
  const parts = await Promise.all(
    state.components.map(async (totals) => {
      const declaration = (await tasks.component(info.id, totals.name))?.declaration;
      const rate =
        declaration &&
        costs.rateOf({
          queue: declaration.executionQueue ?? info.defaultQueue,
          options: stepOptionsOf(declaration),
        });
      return rate === undefined ? [] : [componentCost(totals, rate)];
    }),
  );
  const known = parts.flat();
  const sumOf = (dollars: (cost: ComponentCost) => number): number =>
    known.reduce((sum, cost) => sum + dollars(cost), 0);
  return {
    compute: sumOf(({ compute }) => compute),
    requests: sumOf(({ requests }) => requests),
    savedByCache: known.some(({ saved }) => saved === null)
      ? null
      : sumOf(({ saved }) => saved ?? 0),
    currency: 'USD',
    estimated: true,
    basis: `completed executions, start to end; a cached one as the mean of its component; ${pricesText(costs.hasOwnPrices)}`,
  };
}

interface ComponentCost {
  readonly compute: number;
  readonly requests: number;
  /** Null: no execution of the component shows what a cached one cost. */
  readonly saved: number | null;
}

function componentCost(
  { calls, counts, durationMs, durations }: ComponentTotals,
  rate: ComputeRate,
): ComponentCost {
  const executions = durations.reduce((sum, count) => sum + count, 0);
  const compute = executionsDollars({ durationMs, durations }, rate);
  const cached = counts.cached ?? 0;
  return {
    compute,
    requests: calls * rate.requests,
    saved: cached === 0 ? 0 : executions === 0 ? null : (compute / executions) * cached,
  };
}

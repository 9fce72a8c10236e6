/**
 * Steps in a queue on Lambda: what they cost, the time from one step to the next, and a wide map.
 *
 * 1. All figures are counted. The time from one step to the next is that of the round trips, at
 *    nominal durations.
 * 2. Prices do not contain the steps' own work, as those of containers do not.
 *
 * @module
 */
import { CountedDeployment } from '../deployment/counted-deployment.ts';
import { start } from '../deployment/pipelines.ts';
import { quantile } from '../samples.ts';
import type { Concern, Figure } from './figure.ts';

const SECOND_MS = 1000;
const QUEUE = { platform: 'lambda', timeoutSeconds: 900, maxConcurrency: 100 } as const;

export const lambdaChain: Concern = {
  name: 'chain in functions',
  keys: ['price.chain.lambda', 'edge.lambda.p50', 'edge.lambda.p99'],
  collect: ({ quick }) => chain(quick ? 100 : 1000),
};

export const lambdaMap: Concern = {
  name: 'map in functions',
  keys: ['price.map.lambda', 'submit.map.lambda', 'map.wall.lambda'],
  collect: ({ quick }) => map(quick ? 1000 : 10_000),
};

async function chain(steps: number): Promise<readonly Figure[]> {
  const { statement, edges } = await count('chain', steps);
  // No step launches the first one.
  const samples = edges.slice(1);
  const edge = (key: string, share: number, highest: number): Figure => ({
    key,
    value: quantile(samples, share),
    unit: 'ms',
    highest,
    what: `from the result of a step to the code of its child in a function, ${samples.length} edges, counted`,
  });
  return [
    {
      key: 'price.chain.lambda',
      value: (statement.dollars / steps) * 1000,
      unit: '$',
      highest: 0.015,
      what: 'per 1,000 steps of an awaited chain in functions, without their own work',
      parts: { statement, steps },
    },
    edge('edge.lambda.p50', 0.5, 220),
    edge('edge.lambda.p99', 0.99, 250),
  ];
}

async function map(width: number): Promise<readonly Figure[]> {
  const { statement, wallMs } = await count('map', width);
  const workMs = (width * SECOND_MS) / QUEUE.maxConcurrency;
  return [
    {
      key: 'price.map.lambda',
      value: (statement.dollars / width) * 1000,
      unit: '$',
      highest: 0.0115,
      what: `per 1,000 steps of a map of ${width.toLocaleString('en')} in functions, without their own work`,
      parts: { statement, steps: width },
    },
    {
      key: 'submit.map.lambda',
      value: statement.count(
        ({ service, by, units }) =>
          service === 'SQS' && by === 'controller' && (units['sqs.standard'] ?? 0) > 0,
      ),
      unit: 'requests',
      highest: width / 10 + 10,
      what: 'of the controller to SQS that launch the map, and set its timers',
    },
    {
      key: 'map.wall.lambda',
      value: (wallMs - workMs) / SECOND_MS,
      unit: 's',
      highest: 60,
      what: `from the request to the end of the run, beyond the work of ${QUEUE.maxConcurrency} functions at the same time`,
    },
  ];
}

async function count(pipeline: 'chain' | 'map', size: number) {
  const deployment = new CountedDeployment({
    workOf: () => ({ durationMs: SECOND_MS }),
    lambdaQueue: QUEUE,
  });
  try {
    const startedAt = deployment.time.now();
    await deployment.complete(await start(pipeline, size));
    const wallMs = deployment.time.now() - startedAt;
    await deployment.time.pass(60 * SECOND_MS);
    return {
      statement: deployment.ledger.statement(),
      edges: deployment.stepFunctions?.edges ?? [],
      wallMs,
    };
  } finally {
    deployment.close();
  }
}

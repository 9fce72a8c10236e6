/**
 * Runs of a deployment whose account is over its quotas for two hours, in simulated time.
 *
 * @module
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { CountedDeployment } from '../../../bench/aws/deployment/counted-deployment.ts';
import type { ServiceRequest } from '../../../bench/aws/deployment/functions.ts';
import { start } from '../../../bench/aws/deployment/pipelines.ts';
import { URLS } from '../../../bench/aws/deployment/settings.ts';
import { MESSAGE_QUEUES } from '../../../src/aws/deployment/message-queues.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const STEPS = 6;
/** After the first steps, and while one of them runs. */
const OUTAGE_STARTS_MS = 12.5 * SECOND_MS;

const MAX_RECEIVES = MESSAGE_QUEUES.find(({ name }) => name === 'transitions')?.maxReceives ?? 0;

const refusals = {
  TooManyRequestsException: 429,
  ThrottlingException: 400,
  ProvisionedThroughputExceededException: 400,
  RequestThrottled: 403,
  ServiceUnavailable: 503,
} as const;
const refusalOf = (name: keyof typeof refusals): Error =>
  Object.assign(new Error('rate exceeded'), {
    name,
    $metadata: { httpStatusCode: refusals[name] },
  });

interface Outage {
  readonly refusal: keyof typeof refusals;
  readonly refuses: (request: ServiceRequest) => boolean;
}

/** Runs a chain; the outage starts during its steps, and lasts for two hours. */
async function runWith(
  { refusal, refuses }: Outage,
  prepare: (deployment: CountedDeployment) => void = () => undefined,
) {
  const jobs: string[] = [];
  const deployment = new CountedDeployment({
    workOf: ({ call, attempt }) => {
      jobs.push(`${call}.${attempt}`);
      return { durationMs: 5 * SECOND_MS };
    },
  });
  onTestFinished(() => deployment.close());
  let refused = 0;
  const startedAt = deployment.time.now();
  const from = startedAt + OUTAGE_STARTS_MS;
  deployment.refusal = (request) => {
    const now = deployment.time.now();
    if (now < from || now > from + 2 * HOUR_MS || !refuses(request)) return undefined;
    refused += 1;
    return refusalOf(refusal);
  };
  prepare(deployment);
  const run = await start('chain', STEPS);
  await deployment.complete(run);
  const hours = (deployment.time.now() - startedAt) / HOUR_MS;
  // The last messages are deleted.
  await deployment.time.pass(SECOND_MS);
  return { deployment, jobs, refused, hours };
}

const attemptsOfAll = Array.from({ length: STEPS }, (_, call) => `${call}.1`);

const OUTAGES: readonly (readonly [string, Outage])[] = [
  [
    'the evaluator is throttled',
    { refusal: 'TooManyRequestsException', refuses: ({ service }) => service === 'LambdaClient' },
  ],
  [
    'the tables are busy',
    {
      refusal: 'ThrottlingException',
      refuses: ({ service, by }) => service === 'DynamoDBClient' && by === 'controller',
    },
  ],
  [
    'the tables exceed their throughput',
    {
      refusal: 'ProvisionedThroughputExceededException',
      refuses: ({ service, command, by }) =>
        service === 'DynamoDBClient' && by === 'controller' && /Put|Update/.test(command),
    },
  ],
  [
    'the store is not available',
    {
      refusal: 'ServiceUnavailable',
      refuses: ({ service, by }) =>
        service === 'LambdaClient' || (service === 'S3Client' && by === 'controller'),
    },
  ],
];

describe('an account that is over its quotas for two hours', () => {
  test.each(OUTAGES)(
    'a run continues after %s, and its messages use up no receives',
    async (_, outage) => {
      const { deployment, jobs, refused, hours } = await runWith(outage);
      expect(refused).toBeGreaterThan(50);
      expect(hours).toBeGreaterThan(2);
      expect(hours).toBeLessThan(2.1);
      expect(deployment.transitions.delivered.maxReceives).toBeLessThan(10);
      expect(jobs).toEqual(attemptsOfAll);
      expect([deployment.transitions.size, deployment.delays.size]).toEqual([0, 0]);
    },
    60_000,
  );

  test('a controller that dies between sending messages again and their deletion leaves both, which is harmless', async () => {
    let deaths = 0;
    const { deployment, jobs } = await runWith(OUTAGES[0]?.[1] as Outage, (created) => {
      created.afterRequest = ({ command, by, queueUrl }) => {
        const { current } = created.functions;
        if (by !== 'controller' || command !== 'SendMessageBatchCommand') return;
        if (queueUrl !== URLS.delays || deaths === 5) return;
        deaths += 1;
        current?.kill();
      };
    });
    expect(deaths).toBe(5);
    expect(jobs).toEqual(attemptsOfAll);
    expect(deployment.transitions.delivered.maxReceives).toBeLessThan(MAX_RECEIVES);
  });

  test('messages that cannot be sent again stay in front, and last for hours', async () => {
    const { deployment, jobs, refused } = await runWith({
      refusal: 'RequestThrottled',
      refuses: ({ service, by }) =>
        service === 'LambdaClient' || (service === 'SQSClient' && by === 'controller'),
    });
    expect(refused).toBeGreaterThan(20);
    expect(jobs).toEqual(attemptsOfAll);
    expect(deployment.transitions.delivered.maxReceives).toBeLessThan(MAX_RECEIVES);
  });
});

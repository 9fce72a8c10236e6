/**
 * Limits of requests to AWS, against servers on real sockets that accept a connection and do not
 * answer, or stop within an answer.
 *
 * @module
 */
import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EVALUATOR_TIMEOUT_SECONDS,
  INIT_TIMEOUT_SECONDS,
} from '../../../src/aws/deployment/function-limits.ts';
import { CONSUMER_TIMEOUT_SECONDS } from '../../../src/aws/deployment/message-queues.ts';
import {
  type ClientLimits,
  type LimitedService,
  type Requester,
  requestLimits,
} from '../../../src/aws/request-limits.ts';
import { isTemporaryRefusal } from '../../../src/aws/temporary-refusals.ts';
import { type Listening, listen } from '../../../testing/http-server.ts';

/** A minute of the limits is 2.4 s of the test. */
const SCALE = 1 / 25;
/** More than two attempts of a minute with a pause between them. */
const MAX_TEST_MS = 20_000;
const FILE_BYTES = 5 * 2 ** 20;
const PIECE_MS = 200;
/** A busy machine may be late with a piece. */
const INACTIVITY_MS = 1000;

/** Its responses never start. */
let silent: Listening;
/** Its responses end after their first byte. */
let stalled: Listening;
beforeAll(async () => {
  silent = await listen((request) => void request.resume());
  stalled = await listen((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{');
  });
});
afterAll(async () => {
  await silent.close();
  await stalled.close();
});

/** The same limits, shorter, with two attempts at most. */
function scaled({ requestHandler, maxAttempts }: ClientLimits) {
  const { requestTimeout, socketTimeout } = requestHandler;
  return {
    maxAttempts: Math.min(maxAttempts, 2),
    requestHandler: {
      ...requestHandler,
      ...(requestTimeout === undefined ? {} : { requestTimeout: requestTimeout * SCALE }),
      socketTimeout: socketTimeout * SCALE,
    },
  };
}

const optionsOf = (service: LimitedService, requester: Requester, { address }: Listening) => ({
  ...scaled(requestLimits(service, requester)),
  endpoint: `http://${address}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
});
type Options = ReturnType<typeof optionsOf>;

const receive = (options: Options) =>
  new SQSClient(options).send(
    new ReceiveMessageCommand({ QueueUrl: `${options.endpoint}/1/q`, WaitTimeSeconds: 20 }),
  );
const s3 = (options: Options) => new S3Client({ ...options, forcePathStyle: true });
const object = { Bucket: 'b', Key: 'k' };
const target = { Arn: 'arn:aws:sqs:us-east-1:123456789012:q', RoleArn: 'arn:aws:iam::1:role/r' };

/** One request of each client, whose response has a body. */
const REQUESTS: Readonly<Record<LimitedService, (options: Options) => Promise<unknown>>> = {
  batch: (options) => new BatchClient(options).send(new DescribeJobsCommand({ jobs: ['j'] })),
  cloudformation: (options) =>
    new CloudFormationClient(options).send(new DescribeStacksCommand({})),
  'cloudwatch-logs': (options) =>
    new CloudWatchLogsClient(options).send(new GetLogEventsCommand({ logStreamName: 's' })),
  dynamodb: (options) =>
    new DynamoDBClient(options).send(
      new GetItemCommand({ TableName: 't', Key: { k: { S: 'k' } } }),
    ),
  eventbridge: (options) =>
    new EventBridgeClient(options).send(new PutEventsCommand({ Entries: [{ Source: 's' }] })),
  lambda: (options) => new LambdaClient(options).send(new InvokeCommand({ FunctionName: 'f' })),
  s3: async (options) =>
    (await s3(options).send(new GetObjectCommand(object))).Body?.transformToByteArray(),
  scheduler: (options) =>
    new SchedulerClient(options).send(
      new CreateScheduleCommand({
        Name: 'n',
        ScheduleExpression: 'at(2027-01-01T00:00:00)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: target,
      }),
    ),
  'secrets-manager': (options) =>
    new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId: 's' })),
  sqs: (options) =>
    new SQSClient(options).send(
      new SendMessageCommand({ QueueUrl: `${options.endpoint}/1/q`, MessageBody: 'm' }),
    ),
};

const CASES: readonly (readonly [
  LimitedService,
  Requester,
  (options: Options) => Promise<unknown>,
])[] = [
  ...(Object.keys(REQUESTS) as LimitedService[]).map(
    (service) => [service, 'function', REQUESTS[service]] as const,
  ),
  ['s3', 'step', REQUESTS.s3],
  ['sqs', 'step', REQUESTS.sqs],
  ['secrets-manager', 'step', REQUESTS['secrets-manager']],
  ['sqs', 'longPoll', receive],
];

describe('a service that accepts connections and does not answer', () => {
  test.concurrent.each(CASES)(
    'a request to %s of a %s fails in time, as a failure that may pass',
    async (service, requester, request) => {
      for (const server of [silent, stalled]) {
        const error: unknown = await request(optionsOf(service, requester, server)).then(
          () => 'an answer',
          (failure: unknown) => failure,
        );
        expect(error).toMatchObject({ name: 'TimeoutError' });
        expect(isTemporaryRefusal(error)).toBe(true);
      }
    },
    MAX_TEST_MS,
  );

  test(
    'an upload that the store does not read fails in time',
    async () => {
      const upload = s3(optionsOf('s3', 'step', silent)).send(
        new PutObjectCommand({ ...object, Body: Buffer.alloc(FILE_BYTES) }),
      );
      await expect(upload).rejects.toMatchObject({ name: 'TimeoutError' });
    },
    MAX_TEST_MS,
  );

  test('a transfer that takes longer than any limit continues while bytes arrive', async () => {
    const pieces = 12;
    const slow = await listen((_, response) => {
      response.writeHead(200, { 'content-length': String(pieces) });
      let sent = 0;
      const timer = setInterval(() => {
        response.write('x');
        sent += 1;
        if (sent === pieces) clearInterval(timer);
      }, PIECE_MS);
    });
    const { requestHandler, ...options } = optionsOf('s3', 'function', slow);
    const startedAt = Date.now();
    const bytes = await REQUESTS.s3({
      ...options,
      requestHandler: { ...requestHandler, socketTimeout: INACTIVITY_MS },
    });
    expect(bytes).toHaveLength(pieces);
    expect(Date.now() - startedAt).toBeGreaterThan(2 * INACTIVITY_MS);
    await slow.close();
  });
});

describe('the limits', () => {
  /** The longest time of a request that never gets an answer, without its pauses. */
  const longestSeconds = (service: LimitedService, requester?: Requester) => {
    const { maxAttempts, requestHandler } = requestLimits(service, requester);
    const { requestTimeout, socketTimeout } = requestHandler;
    return (maxAttempts * (requestTimeout ?? socketTimeout)) / 1000;
  };

  test.each(['batch', 'dynamodb', 'eventbridge', 's3', 'scheduler', 'sqs'] as const)(
    'all attempts of a request to %s end within the limits of the functions that send it',
    (service) => {
      expect(longestSeconds(service)).toBeLessThan(CONSUMER_TIMEOUT_SECONDS.router - 3);
    },
  );

  test('the secret is read, or not, within the time that an init may take', () => {
    expect(longestSeconds('secrets-manager')).toBeLessThan(INIT_TIMEOUT_SECONDS - 1);
  });

  test('an invocation of the evaluator may take as long as the evaluator, and is attempted once', () => {
    const { maxAttempts, requestHandler } = requestLimits('lambda');
    expect(maxAttempts).toBe(1);
    expect(requestHandler.requestTimeout).toBeGreaterThan(EVALUATOR_TIMEOUT_SECONDS * 1000);
    expect(longestSeconds('lambda')).toBeLessThan(CONSUMER_TIMEOUT_SECONDS.controller);
  });

  test('a long poll ends after the 20 s of SQS, not before', () => {
    expect(requestLimits('sqs', 'longPoll').requestHandler.requestTimeout).toBeGreaterThan(20_000);
  });
});

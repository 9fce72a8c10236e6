import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test, vi } from 'vitest';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import { createTransitionRouter } from '../../../src/aws/messages/transition-router.ts';
import { createDelayQueue } from '../../../src/aws/timers/timer-scheduler.ts';
import { jobName } from '../../../src/model/ids.ts';
import type { Step } from '../../../src/model/step.ts';
import { aStep, runId } from '../../conformance/records.ts';

const [RUN, OTHER] = [runId(1), runId(2)];
const MEMBERS = 10_000;
const SECRET = Buffer.from('the secret of the deployment');
const ARRAY = '00000000-0000-0000-0000-000000000000';

interface SentMessage {
  readonly queue: string;
  readonly group: string | undefined;
  readonly seconds: number | undefined;
  readonly body: string;
}

/** A router whose requests to SQS are counted, and a group of 10,000 queued steps in each run. */
function aRouter() {
  const requests: (readonly SentMessage[])[] = [];
  const client = new SQSClient({ region: 'us-east-1' });
  let refusedGroup: string | undefined;
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (!(command instanceof SendMessageBatchCommand)) throw new Error('unexpected request');
    const { QueueUrl: queue = '', Entries = [] } = command.input;
    if (
      refusedGroup !== undefined &&
      Entries.some(({ MessageGroupId }) => MessageGroupId === refusedGroup)
    )
      throw new Error('throttled');
    requests.push(
      Entries.map(({ MessageGroupId: group, DelaySeconds: seconds, MessageBody: body = '' }) => ({
        queue,
        group,
        seconds,
        body,
      })),
    );
    return {};
  });
  const clock = { now: () => 1_800_000_000_000 };
  const stepReads = vi.fn();
  const changed = new Map<number, Partial<Step>>();
  const logged: string[] = [];
  const router = createTransitionRouter({
    tasks: {
      group: async (_, name) => ({
        number: 0,
        name,
        component: 'work',
        queue: 'cpu',
        members: Array.from({ length: MEMBERS }, (_, call) => ({ call, attempt: 1 })),
      }),
      steps: async (run, calls) => {
        stepReads(run, calls.length);
        return calls.map((call) => {
          const job = { name: jobName(run, 0, 0), index: call };
          const attempts = [{ number: 1, status: 'queued' as const, job, queuedAt: 1 }];
          return aStep(call, { status: 'queued', attempts, ...changed.get(call) });
        });
      },
    },
    transitions: createSqsTransitions({ client, queueUrl: 'transitions', secret: SECRET }),
    delayQueue: createDelayQueue({ client, queueUrl: 'delays', secret: SECRET, clock }),
    secret: SECRET,
    clock,
    log: {
      info: () => undefined,
      warn: (event) => void logged.push(event),
      error: (event, data) => void logged.push(`${event}: ${String(data?.message)}`),
    },
  });
  return {
    router,
    requests,
    stepReads,
    logged,
    change: (call: number, over: Partial<Step>) => changed.set(call, over),
    refuse: (group: string | undefined) => {
      refusedGroup = group;
    },
  };
}

const eventOf = (run: string, index: number, detail: object, detailType: string) => ({
  id: `${run} ${index}`,
  body: JSON.stringify({
    source: 'aws.batch',
    'detail-type': detailType,
    time: '2026-11-29T00:00:00Z',
    detail: {
      jobName: jobName(runId(run === RUN ? 1 : 2), 0, 0),
      jobId: `${ARRAY}:${index}`,
      arrayProperties: { index },
      ...detail,
    },
  }),
});
const ended = (run: string, index: number, status: 'SUCCEEDED' | 'FAILED') =>
  eventOf(run, index, { status, stoppedAt: 1 }, 'Batch Job State Change');
const blocked = (run: string, index: number, statusReason: string) =>
  eventOf(run, index, { status: 'RUNNABLE', statusReason }, 'Batch Job Queue Blocked');

describe('the end of a fan-out of 10,000 jobs', () => {
  test('takes one request for ten jobs, and one read for a hundred', async () => {
    const { router, requests, stepReads } = aRouter();
    const events = Array.from({ length: MEMBERS }, (_, index) => ended(RUN, index, 'FAILED'));
    for (let first = 0; first < MEMBERS; first += 100)
      expect(await router.route(events.slice(first, first + 100))).toEqual([]);
    expect(stepReads).toHaveBeenCalledTimes(MEMBERS / 100);
    // SQS accepts 300 requests a second for one message group: these take four seconds.
    expect(requests).toHaveLength(MEMBERS / 10);
    expect(requests.every((entries) => entries.length === 10)).toBe(true);
    expect(new Set(requests.flat().map((each) => each.queue))).toEqual(new Set(['transitions']));
    expect(new Set(requests.flat().map(({ body }) => body)).size).toBe(MEMBERS);
  }, 60_000);

  test('jobs that succeeded take no request and no read', async () => {
    const { router, requests, stepReads } = aRouter();
    const events = Array.from({ length: 100 }, (_, index) => ended(RUN, index, 'SUCCEEDED'));
    expect(await router.route(events)).toEqual([]);
    expect([requests.length, stepReads.mock.calls.length]).toEqual([0, 0]);
  });

  test('each request carries the messages of one run', async () => {
    const { router, requests } = aRouter();
    const events = Array.from({ length: 20 }, (_, index) =>
      ended(index % 2 === 0 ? RUN : OTHER, index, 'FAILED'),
    );
    await router.route(events);
    expect(requests.map((entries) => [...new Set(entries.map(({ group }) => group))])).toEqual([
      [RUN],
      [OTHER],
    ]);
  });

  test('events of a run that cannot be sent are received again, and those of other runs are not', async () => {
    const { router, refuse, requests } = aRouter();
    refuse(RUN);
    const failed = await router.route([
      ended(RUN, 0, 'FAILED'),
      ended(OTHER, 1, 'FAILED'),
      ended(RUN, 2, 'FAILED'),
    ]);
    expect(failed).toEqual([`${RUN} 0`, `${RUN} 2`]);
    expect(requests.flat().map(({ group }) => group)).toEqual([OTHER]);
  });
});

describe('a job that blocks its queue', () => {
  const REASON = 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large';

  test('its reason is sent after two minutes if it still waits, with a remedy', async () => {
    const { router, requests, logged } = aRouter();
    await router.route([blocked(RUN, 3, REASON)]);
    const [delayed] = requests.flat();
    expect(delayed).toMatchObject({ queue: 'delays', seconds: 120 });
    requests.length = 0;
    // The time of its delivery is not checked again: it is due.
    const due = delayed?.body.replace(/"at":\d+\}$/, '"at":0}') ?? '';
    await router.route([{ id: 'due', body: due }]);
    expect(requests.flat()).toMatchObject([{ queue: 'transitions', group: RUN }]);
    const { transition } = JSON.parse(requests.flat()[0]?.body ?? '{}');
    expect(transition).toMatchObject({ kind: 'job.waiting', call: 3, attempt: 1 });
    expect(transition.reason).toContain(REASON);
    expect(transition.reason).toContain('add a larger one');
    expect(logged).toEqual(['job blocked']);
  });

  test('its reason is dropped if it has started meanwhile, or before', async () => {
    const { router, requests, change, logged } = aRouter();
    await router.route([blocked(RUN, 3, REASON)]);
    const [delayed] = requests.flat();
    change(3, { status: 'running' });
    requests.length = 0;
    const due = delayed?.body.replace(/"at":\d+\}$/, '"at":0}') ?? '';
    await router.route([{ id: 'due', body: due }, blocked(RUN, 3, REASON)]);
    expect(requests).toEqual([]);
    expect(logged).toEqual([]);
  });

  test.each([
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - no p4d.24xlarge',
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - too many vCPUs',
    'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - no such type',
    'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - a permission is missing',
    'ACTION_REQUIRED - the compute environment is invalid',
    'UNDETERMINED - the root cause is undetermined',
    'A_REASON_OF_THE_FUTURE',
    '',
  ])('the reason "%s" is routed', async (reason) => {
    const { router, requests, logged } = aRouter();
    expect(await router.route([blocked(RUN, 0, reason)])).toEqual([]);
    expect(logged).toEqual([]);
    expect(requests.flat()).toHaveLength(1);
    expect(requests.flat()[0]?.body).toContain(reason);
  });
});

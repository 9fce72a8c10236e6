/**
 * The load of queues on AWS Batch: what counts, how many requests it costs, and what a refusal does.
 *
 * @module
 */
import { BatchClient, type JobSummary } from '@aws-sdk/client-batch';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createBatchQueueLoads } from '../../../src/aws/jobs/queue-loads.ts';
import { evaluatorJobName, jobName } from '../../../src/model/ids.ts';
import { QueuesBusyError } from '../../../src/ports/queue-loads.ts';
import { SETTINGS } from '../../aws/transport/batch.ts';
import { runId } from '../../conformance/records.ts';

const START = 1_800_000_000_000;
const QUEUES = {
  ...SETTINGS.queues,
  fast: { platform: 'lambda', timeoutSeconds: 900, maxConcurrency: 10 },
} as const;

const inputSchema = z.object({
  jobQueue: z.string().optional(),
  jobStatus: z.string().optional(),
  nextToken: z.string().optional(),
});

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: unknown;
}

interface Batch {
  /** By queue and status, as in `cpu RUNNING`. */
  readonly jobs?: Readonly<Record<string, readonly JobSummary[]>>;
  /** The pages of each list; the others have the same jobs under other ids. Default: 1. */
  readonly pages?: number;
}

function aDeployment({ jobs = {}, pages = 1 }: Batch = {}) {
  const clock = { now: START };
  const requests: string[] = [];
  const state: { refusal: Error | undefined } = { refusal: undefined };
  const client = new BatchClient({ region: 'us-east-1' });
  vi.spyOn(client, 'send').mockImplementation(async (command: Command) => {
    const input = inputSchema.parse(command.input);
    const operation = command.constructor.name;
    const queue = input.jobQueue?.split('/headrace-')[1] ?? '';
    const list = `${queue} ${input.jobStatus}`;
    requests.push(input.jobQueue === undefined ? operation : list);
    if (state.refusal !== undefined) throw state.refusal;
    switch (operation) {
      case 'DescribeJobQueuesCommand':
        return {
          jobQueues: ['cpu', 'spot', 'gpu'].map((name) => ({
            jobQueueName: `headrace-${name}`,
            computeEnvironmentOrder: [{ order: 1, computeEnvironment: `arn:${name}` }],
          })),
        };
      case 'DescribeComputeEnvironmentsCommand':
        return {
          computeEnvironments: [
            {
              computeEnvironmentArn: 'arn:cpu',
              computeResources: { type: 'FARGATE', maxvCpus: 64 },
            },
            {
              computeEnvironmentArn: 'arn:spot',
              computeResources: { type: 'SPOT', desiredvCpus: 12, maxvCpus: 32 },
            },
          ],
        };
      default: {
        const page = Number(input.nextToken ?? 1);
        return {
          jobSummaryList: (jobs[list] ?? []).map((job) => ({
            ...job,
            jobId: `${job.jobId}-${page}`,
          })),
          nextToken: page < pages && jobs[list] !== undefined ? String(page + 1) : undefined,
        };
      }
    }
  });
  const loads = createBatchQueueLoads({
    client,
    settings: { ...SETTINGS, queues: QUEUES },
    clock: { now: () => clock.now },
  });
  return { loads, requests, clock, state };
}

const aJob = (jobId: string, over: Partial<JobSummary> = {}): JobSummary => ({
  jobId,
  jobName: jobName(runId(1), 0, 1),
  createdAt: START - 60_000,
  ...over,
});

describe('what counts', () => {
  it('jobs count by their status, and members of an array by theirs', async () => {
    const array = { size: 20, statusSummary: { RUNNABLE: 3, STARTING: 2, RUNNING: 4, FAILED: 11 } };
    const { loads } = aDeployment({
      jobs: {
        'cpu SUBMITTED': [aJob('new', { createdAt: START - 5 })],
        'cpu PENDING': [aJob('array', { arrayProperties: array, createdAt: START - 90_000 })],
        'cpu RUNNABLE': [aJob('queued')],
        'cpu STARTING': [aJob('starting', { createdAt: 1 })],
        'cpu RUNNING': [aJob('running', { createdAt: 1 })],
      },
    });
    expect((await loads.loads(['cpu'])).get('cpu')).toEqual({
      running: 5,
      starting: 3,
      waiting: 5,
      waitingSince: START - 90_000,
      vcpus: { used: null, max: 64 },
      partial: false,
      measuredAt: START,
    });
  });

  it('a new array, which has no members yet, waits with its size', async () => {
    const { loads } = aDeployment({
      jobs: { 'cpu SUBMITTED': [aJob('array', { arrayProperties: { size: 20 } })] },
    });
    expect((await loads.loads(['cpu'])).get('cpu')?.waiting).toBe(20);
  });

  it('a job that changed its status between two requests counts once', async () => {
    const { loads } = aDeployment({
      jobs: { 'cpu RUNNABLE': [aJob('a')], 'cpu STARTING': [aJob('a')], 'cpu RUNNING': [] },
    });
    expect((await loads.loads(['cpu'])).get('cpu')).toMatchObject({
      waiting: 0,
      starting: 1,
      waitingSince: null,
    });
  });

  it('vCPUs are those of machines on EC2, the limit alone on Fargate, and unknown without an environment', async () => {
    const { loads } = aDeployment();
    const measured = await loads.loads(['cpu', 'spot', 'gpu']);
    expect([...measured].map(([queue, { vcpus }]) => [queue, vcpus])).toEqual([
      ['cpu', { used: null, max: 64 }],
      ['spot', { used: 12, max: 32 }],
      ['gpu', null],
    ]);
  });

  it('the load of a queue on Lambda, and of an unknown one, is not known', async () => {
    const { loads, requests } = aDeployment();
    expect(await loads.loads(['fast', 'other'])).toEqual(new Map());
    expect(await loads.waiters('fast')).toBeUndefined();
    expect(requests).toEqual([]);
  });
});

describe('waiting runs', () => {
  it('runs that wait are listed with the number of their steps, the one that waits longest first', async () => {
    const { loads } = aDeployment({
      jobs: {
        'cpu PENDING': [
          aJob('array', {
            jobName: jobName(runId(2), 1, 4),
            createdAt: START - 10,
            arrayProperties: { size: 9, statusSummary: { RUNNABLE: 7, RUNNING: 2 } },
          }),
        ],
        'cpu RUNNABLE': [
          aJob('a', { createdAt: START - 20 }),
          aJob('b', { createdAt: START - 30 }),
          aJob('logic', { jobName: evaluatorJobName(runId(3), 0, 1), createdAt: START - 40 }),
          aJob('foreign', { jobName: 'nightly-backup' }),
        ],
        'cpu RUNNING': [aJob('running', { jobName: jobName(runId(4), 0, 1) })],
      },
    });
    expect(await loads.waiters('cpu')).toEqual({
      items: [
        { run: runId(3), waiting: 1, since: START - 40 },
        { run: runId(1), waiting: 2, since: START - 30 },
        { run: runId(2), waiting: 7, since: START - 10 },
      ],
      partial: false,
      measuredAt: START,
    });
  });

  it('at most a hundred runs are listed', async () => {
    const { loads } = aDeployment({
      jobs: {
        'cpu RUNNABLE': Array.from({ length: 101 }, (_, n) =>
          aJob(`job-${n}`, { jobName: jobName(runId(n), 0, 1), createdAt: START - n }),
        ),
      },
    });
    const waiters = await loads.waiters('cpu');
    expect(waiters?.items).toHaveLength(100);
    expect(waiters?.items[0]?.run).toBe(runId(100));
    expect(waiters?.partial).toBe(true);
  });
});

describe('the cost of a measurement', () => {
  it('an idle queue costs five requests, and all queues two more', async () => {
    const { loads, requests } = aDeployment();
    await loads.loads(['cpu']);
    expect(requests).toEqual([
      'DescribeJobQueuesCommand',
      'DescribeComputeEnvironmentsCommand',
      'cpu SUBMITTED',
      'cpu PENDING',
      'cpu RUNNABLE',
      'cpu STARTING',
      'cpu RUNNING',
    ]);
  });

  it('a measurement serves all readers for 30 seconds', async () => {
    const { loads, requests, clock } = aDeployment();
    await loads.loads(['cpu']);
    const { length } = requests;
    clock.now += 29_999;
    await loads.loads(['cpu']);
    await loads.waiters('cpu');
    expect(requests).toHaveLength(length);
    clock.now += 1;
    await loads.loads(['cpu']);
    expect(requests).toHaveLength(2 * length);
  });

  it('readers at the same time share one measurement', async () => {
    const { loads, requests } = aDeployment();
    await Promise.all([loads.loads(['cpu']), loads.loads(['cpu']), loads.waiters('cpu')]);
    expect(requests).toHaveLength(7);
  });

  it('of a long list five pages are read, and the load states that there are more', async () => {
    const { loads, requests } = aDeployment({ jobs: { 'cpu RUNNABLE': [aJob('a')] }, pages: 6 });
    expect((await loads.loads(['cpu'])).get('cpu')).toMatchObject({ waiting: 5, partial: true });
    expect(requests.filter((request) => request === 'cpu RUNNABLE')).toHaveLength(5);
    expect((await loads.waiters('cpu'))?.partial).toBe(true);
  });

  it('running steps that were not counted do not make the list of waiting runs partial', async () => {
    const { loads } = aDeployment({ jobs: { 'cpu RUNNING': [aJob('a')] }, pages: 6 });
    expect((await loads.loads(['cpu'])).get('cpu')?.partial).toBe(true);
    expect((await loads.waiters('cpu'))?.partial).toBe(false);
  });
});

describe('refusals of Batch', () => {
  it.each(['TooManyRequestsException', 'ThrottlingException'])(
    'after %s the caller is requested to wait, and the next request measures again',
    async (name) => {
      const { loads, state } = aDeployment();
      state.refusal = Object.assign(new Error('Too Many Requests'), { name });
      await expect(loads.loads(['cpu'])).rejects.toThrow(QueuesBusyError);
      await expect(loads.waiters('cpu')).rejects.toMatchObject({ retryAfterSeconds: 5 });
      state.refusal = undefined;
      expect((await loads.loads(['cpu'])).size).toBe(1);
      expect(await loads.waiters('cpu')).toMatchObject({ items: [] });
    },
  );

  it('any other error is passed on, and is not kept', async () => {
    const { loads, state } = aDeployment();
    state.refusal = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
    await expect(loads.loads(['cpu'])).rejects.toBe(state.refusal);
    state.refusal = undefined;
    expect((await loads.loads(['cpu'])).size).toBe(1);
  });
});

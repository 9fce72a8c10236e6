/**
 * The jobs port on Lambda: which messages it sends, and what it stores to stop jobs.
 *
 * @module
 */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { stepFunctionName } from '../../../src/aws/deployment/lambda-queues.ts';
import type { QueueSettings } from '../../../src/aws/deployment/settings.ts';
import { createJobsByQueue } from '../../../src/aws/jobs/jobs-by-queue.ts';
import { createLambdaJobs } from '../../../src/aws/jobs/lambda-jobs.ts';
import { stepInvocationSchema } from '../../../src/aws/jobs/step-invocation.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import { jobName } from '../../../src/model/ids.ts';
import { generationStopKey, groupSpecKey, jobStopKey } from '../../../src/model/object-layout.ts';
import type { RunHead } from '../../../src/model/run.ts';
import { SQS_REQUEST_BYTES } from '../../../src/model/service-limits.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { Attempt } from '../../../src/model/step.ts';
import type { Jobs } from '../../../src/ports/jobs.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { aHead, anAttempt, anInfo, aStep, runId } from '../../conformance/records.ts';
import { ControllerHarness, NO_OUTCOME } from '../controller/harness.ts';

const RUN = runId(1);
const NAME = jobName(RUN, 0, 3);
const QUEUES: Record<string, QueueSettings> = {
  default: { platform: 'fargate', spot: false, gpu: false },
  quick: { platform: 'lambda', timeoutSeconds: 60, maxConcurrency: 4 },
};
const TRANSITIONS = 'https://sqs.example/123/transitions.fifo';
const HOUR_MS = 3_600_000;

/** The spec of a step, as the controller makes it. */
const [template] = await (async () => {
  const harness = new ControllerHarness(
    { components: { a: {} }, main: async (logic) => logic.call('a') },
    () => NO_OUTCOME,
  );
  await harness.start();
  return harness.submittedSpecs;
})();

const specs = (count: number, text = '1', over: Partial<StepSpec> = {}): StepSpec[] =>
  Array.from({ length: count }, (_, call) => {
    if (template === undefined) throw new Error('the controller submitted no step');
    return { ...template, run: RUN, call, token: 't', args: { format: 'json', text }, ...over };
  });
const group = (members: readonly StepSpec[], container = {}) => ({
  name: NAME,
  queue: 'quick',
  specs: members,
  container,
});

/** Texts that deflate cannot shorten much. */
const incompressible = (length: number): string => {
  let state = 1;
  return JSON.stringify(
    Array.from({ length }, () => {
      state = (state * 48271) % 2147483647;
      return String.fromCharCode(33 + (state % 90));
    }).join(''),
  );
};

function aDeployment({
  attempts = [],
  head = {},
  refusal,
  refused = () => false,
}: {
  /** The last attempt of each member's step. */
  attempts?: readonly Partial<Attempt>[];
  head?: Partial<RunHead>;
  refusal?: Error;
  /** Whether the queue refuses a request, by its number. */
  refused?: (request: number) => boolean;
} = {}) {
  let requestCount = 0;
  const client = new SQSClient({ region: 'eu-west-1' });
  const requests: { url: string; bodies: string[] }[] = [];
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (refusal !== undefined) throw refusal;
    if (!(command instanceof SendMessageBatchCommand)) throw new Error('unexpected command');
    const { QueueUrl = '', Entries = [] } = command.input;
    requestCount += 1;
    if (refused(requestCount)) throw new Error('throttled');
    requests.push({ url: QueueUrl, bodies: Entries.map(({ MessageBody = '' }) => MessageBody) });
    return {};
  });
  const objects = new MemoryObjects();
  const reads: string[] = [];
  const logged: string[] = [];
  const time = { now: 0 };
  const steps = attempts.map((attempt, call) =>
    aStep(call, {
      queue: 'quick',
      attempts: [
        { ...anAttempt(1), status: 'running', job: { name: NAME, index: call }, ...attempt },
      ],
    }),
  );
  const jobs = createLambdaJobs({
    client,
    objects,
    settings: {
      prefix: 'headrace',
      projects: ['team/forecasts'],
      queues: QUEUES,
      transitionsUrl: TRANSITIONS,
    },
    tasks: {
      group: async (_run, name) => {
        reads.push('group');
        const members = steps.map(({ call }) => ({ call, attempt: 1 }));
        return name === NAME ? ({ name, queue: 'quick', members } as never) : undefined;
      },
      run: async () => {
        reads.push('run');
        return { info: { ...anInfo(RUN), number: 1 }, head: aHead(RUN, head) };
      },
      steps: async (_run, calls) => {
        reads.push('steps');
        return steps.filter(({ call }) => calls.includes(call));
      },
    },
    clock: { now: () => time.now },
    log: {
      info: () => undefined,
      warn: (event) => void logged.push(event),
      error: (event) => void logged.push(event),
    },
  });
  const messages = () =>
    requests.flatMap(({ bodies }) =>
      bodies.map((body) => stepInvocationSchema.parse(JSON.parse(body))),
    );
  const text = async (key: string): Promise<string | undefined> =>
    objects.get(key, 1e8).then(
      (content) => Buffer.from(content).toString(),
      () => undefined,
    );
  return { jobs, requests, messages, objects, text, reads, logged, time };
}

describe('the submission of a group', () => {
  it('each member is one message in the queue of its project, with its own spec', async () => {
    const { jobs, requests, messages, reads } = aDeployment();
    expect(await jobs.submit(group(specs(25)), true)).toBeUndefined();
    expect(new Set(requests.map(({ url }) => url))).toEqual(
      new Set([`https://sqs.example/123/${stepFunctionName('headrace', 'quick', 'default')}`]),
    );
    expect(messages().map(({ job }) => job.index)).toEqual([...new Array(25).keys()]);
    const [{ spec } = { spec: { key: '', index: 0 } }] = messages();
    const read = await readGroupSpec(unpackSpec('text' in spec ? spec.text : ''), 0, 't');
    expect(read.spec).toMatchObject({ run: RUN, call: 0, args: { text: '1' } });
    // A new group was never submitted: nothing needs to be looked up.
    expect(reads).toEqual([]);
    const declared = aDeployment();
    await declared.jobs.submit(group(specs(1, '1', { project: 'team/forecasts' })), true);
    expect(declared.requests[0]?.url).toMatch(
      new RegExp(`${stepFunctionName('headrace', 'quick', 'team/forecasts')}$`),
    );
  });

  it('no request exceeds ten messages, or the limit of a request in bytes', async () => {
    const { jobs, requests } = aDeployment();
    await jobs.submit(group(specs(200, incompressible(14_000))), true);
    expect(requests.flatMap(({ bodies }) => bodies)).toHaveLength(200);
    for (const { bodies } of requests) {
      expect(bodies.length).toBeLessThanOrEqual(10);
      expect(bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(
        SQS_REQUEST_BYTES,
      );
    }
  });

  it('large specs are one object of the group, stored before its messages', async () => {
    const { jobs, messages, objects } = aDeployment();
    await jobs.submit(group(specs(3, incompressible(60_000))), true);
    const key = groupSpecKey('examples', RUN, NAME);
    expect(messages().map(({ spec }) => spec)).toEqual([0, 1, 2].map((index) => ({ key, index })));
    const read = await readGroupSpec(
      async (start, length) => (await objects.get(key, 1e8)).slice(start, start + length),
      2,
      't',
    );
    expect(read.spec.call).toBe(2);
  });

  it('a repeated submission sends the members only that have not started', async () => {
    const { jobs, messages } = aDeployment({
      attempts: [{}, { owner: 'lambda-1' }, {}, { endedAt: 5 }, { job: { name: 'x', index: 0 } }],
    });
    await jobs.submit(group(specs(6)));
    expect(messages().map(({ job }) => job.index)).toEqual([0, 2]);
  });

  it('a repeated submission omits members that are known to have started', async () => {
    const { jobs, messages } = aDeployment({ attempts: [{}, { owner: 'lambda-1' }, {}] });
    await jobs.submit(group(specs(3)), false, new Set([2]));
    expect(messages().map(({ job }) => job.index)).toEqual([0]);
  });

  it('a launch that is repeated after a refusal sends only what the queue did not accept', async () => {
    const { jobs, messages, requests } = aDeployment({
      attempts: Array.from({ length: 200 }, () => ({})),
      refused: (request) => request === 3 || request === 12,
    });
    expect(await jobs.submit(group(specs(200)), true)).toMatchObject({ permanent: false });
    const accepted = messages().length;
    expect(accepted).toBeLessThan(200);
    expect(await jobs.submit(group(specs(200)))).toBeUndefined();
    const indexes = messages().map(({ job }) => job.index);
    expect(indexes.slice(accepted).length).toBe(200 - accepted);
    expect(new Set(indexes).size).toBe(200);
    const requestsSoFar = requests.length;
    expect(await jobs.submit(group(specs(200)))).toBeUndefined();
    expect(requests).toHaveLength(requestsSoFar);
  });

  it('a group that a function cannot execute is refused for good, and sends nothing', async () => {
    const { jobs, requests } = aDeployment();
    expect(await jobs.submit(group(specs(1), { docker: 'python:3.13' }), true)).toMatchObject({
      permanent: true,
      reason: expect.stringContaining('have no docker'),
    });
    expect(await jobs.submit(group(specs(1, '1', { timeoutSeconds: 61 })), true)).toMatchObject({
      permanent: true,
    });
    expect(await jobs.submit(group(specs(1, '1', { timeoutSeconds: 60 })), true)).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  it('a refusal of the queue is temporary, and raises an alarm', async () => {
    const refusal = Object.assign(new Error('not authorized yet'), { name: 'AccessDenied' });
    const { jobs, logged } = aDeployment({ refusal });
    expect(await jobs.submit(group(specs(1)), true)).toMatchObject({
      permanent: false,
      reason: expect.stringContaining('not authorized yet'),
    });
    expect(logged).toEqual(['request refused']);
  });
});

describe('the state of a job', () => {
  const job = { name: NAME, index: 0 };

  it('a job waits until its start, runs until its limit at the latest, and has ended then', async () => {
    expect(await aDeployment({ attempts: [{}] }).jobs.state(job)).toBe('waiting');
    const waiting = { for: 'launch' as const, reason: 'could not be launched', at: 1 };
    expect(await aDeployment({ attempts: [{ waiting }] }).jobs.state(job)).toBe('unknown');
    const running = aDeployment({ attempts: [{ owner: 'lambda-1', startedAt: 1000 }] });
    // 60 s of the queue, 20 s to report, a minute of margin.
    for (const [now, state] of [
      [1000, 'running'],
      [140_999, 'running'],
      [141_000, 'ended'],
    ] as const) {
      running.time.now = now;
      expect(await running.jobs.state(job)).toBe(state);
    }
    expect(await aDeployment({ attempts: [{ endedAt: 5 }] }).jobs.state(job)).toBe('ended');
    expect(await aDeployment().jobs.state(job)).toBe('unknown');
    expect(await aDeployment().jobs.state({ name: jobName(RUN, 0, 9), index: 0 })).toBe('unknown');
  });

  it('a job that waits has the limit of its queue as the reason, and raises an alarm after an hour', async () => {
    const { jobs, logged, time } = aDeployment({ attempts: [{}] });
    time.now = HOUR_MS;
    expect(await jobs.waitingReason?.(job, 0)).toContain('at most 4 steps of a project run');
    expect(logged).toEqual([]);
    time.now += 1;
    await jobs.waitingReason?.(job, 0);
    await jobs.waitingReason?.(job, 0);
    expect(logged).toEqual(['job waits long']);
  });
});

describe('the termination of a job', () => {
  const job = { name: NAME, index: 0 };

  it('one job is stopped by an object of its own', async () => {
    const { jobs, text } = aDeployment({ attempts: [{}] });
    await jobs.terminate(job, 'too long');
    expect(await text(jobStopKey('examples', RUN, job))).toBe('');
    expect(await text(generationStopKey('examples', RUN, 0))).toBeUndefined();
  });

  it('the object for one execution names it, and stops no other one', async () => {
    const { jobs, text } = aDeployment({ attempts: [{}], head: { status: 'aborting' } });
    await jobs.terminate(job, 'a duplicate', 'lambda-2');
    expect(await text(jobStopKey('examples', RUN, job))).toBe('lambda-2');
    expect(await text(generationStopKey('examples', RUN, 0))).toBeUndefined();
  });

  it('10,000 jobs of a run that is aborted are stopped by one object, after three reads', async () => {
    const { jobs, objects, text, reads } = aDeployment({
      attempts: Array.from({ length: 10_000 }, () => ({})),
      head: { status: 'aborting' },
    });
    const put = vi.spyOn(objects, 'put');
    for (let index = 0; index < 10_000; index += 1)
      await jobs.terminate({ name: NAME, index }, 'aborted');
    expect(await text(generationStopKey('examples', RUN, 0))).toBe('');
    expect([put.mock.calls.length, reads]).toEqual([1, ['group', 'steps', 'run']]);
    expect(jobs.reportsTermination('quick')).toBe(false);
  });
});

describe('the jobs of a deployment with both kinds of queues', () => {
  const named = (name: string, calls: string[]): Jobs => ({
    submit: async () => void calls.push(`${name} submit`),
    state: async () => {
      calls.push(`${name} state`);
      return 'unknown';
    },
    terminate: async () => void calls.push(`${name} terminate`),
    findsJobs: () => name === 'batch',
    reportsTermination: () => name === 'batch',
  });

  it("each request goes to the service of the group's queue, which is read once", async () => {
    const calls: string[] = [];
    const read = vi.fn(async (_run: unknown, name: string) =>
      name === NAME ? ({ queue: 'quick' } as never) : ({ queue: 'default' } as never),
    );
    const jobs = createJobsByQueue({
      settings: { queues: QUEUES },
      tasks: { group: read },
      batch: named('batch', calls),
      lambda: named('lambda', calls),
    });
    await jobs.submit(group(specs(1)));
    await jobs.submit({ ...group(specs(1)), queue: 'default' });
    await jobs.state({ name: NAME, index: 0 });
    await jobs.terminate({ name: NAME, index: 1 }, 'aborted');
    await jobs.state({ name: jobName(RUN, 0, 4), index: 0 });
    expect(calls).toEqual([
      'lambda submit',
      'batch submit',
      'lambda state',
      'lambda terminate',
      'batch state',
    ]);
    expect(read).toHaveBeenCalledTimes(2);
    expect(['quick', 'default'].map((queue) => jobs.reportsTermination(queue))).toEqual([
      false,
      true,
    ]);
  });

  it('without a queue on Lambda no group is read', async () => {
    const calls: string[] = [];
    const read = vi.fn();
    const { default: batchOnly } = QUEUES;
    const jobs = createJobsByQueue({
      settings: { queues: batchOnly === undefined ? {} : { default: batchOnly } },
      tasks: { group: read },
      batch: named('batch', calls),
      lambda: named('lambda', calls),
    });
    await jobs.state({ name: NAME, index: 0 });
    expect([calls, read.mock.calls]).toEqual([['batch state'], []]);
  });
});

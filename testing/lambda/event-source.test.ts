/**
 * The event source handles messages as AWS documents it.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Clock } from '../clock/skippable-clock.ts';
import type { Queue } from '../sqs/queue.ts';
import { startSqs } from '../sqs/service.ts';
import { type BatchResult, type EventSourceOptions, startEventSource } from './event-source.ts';
import { startFunctions } from './functions.ts';
import type { FunctionSpec } from './invocation.ts';

interface Setup {
  readonly spec?: Partial<FunctionSpec>;
  readonly source?: Partial<EventSourceOptions>;
  readonly kind?: 'fifo' | 'standard';
}

const VISIBILITY_MS = 60_000;

/** A queue whose messages go to a function with this source; records the result of each batch. */
async function setUp(text: string, { spec, source, kind = 'fifo' }: Setup = {}) {
  const clock = new Clock();
  const bundle = await mkdtemp(join(tmpdir(), 'headrace-source-'));
  await writeFile(join(bundle, 'index.mjs'), text);
  const sqs = await startSqs({ clock });
  const name = kind === 'fifo' ? '.fifo' : '';
  const fifo = kind === 'fifo' ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup' } : {};
  const deadLetters = sqs.create(`dead${name}`, fifo);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: deadLetters.settings.arn,
    maxReceiveCount: 3,
  });
  const queue = sqs.create(`queue${name}`, {
    ...fifo,
    VisibilityTimeout: String(VISIBILITY_MS / 1000),
    RedrivePolicy,
  });
  const functions = await startFunctions({
    clock,
    functions: [{ name: 'f', bundle, timeoutMs: 10_000, memoryMiB: 256, ...spec }],
  });
  const results: BatchResult[] = [];
  const waiting = new Set<() => void>();
  const events = startEventSource({
    functions,
    functionName: 'f',
    queue,
    reportBatchItemFailures: true,
    ...source,
    onBatchEnd(result) {
      results.push(result);
      for (const check of waiting) check();
    },
  });
  onTestFinished(async () => {
    events.close();
    await functions.stop();
    await sqs.stop();
    clock.close();
    await rm(bundle, { recursive: true, force: true });
  });
  const until = (isDone: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!isDone()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    clock,
    queue,
    deadLetters,
    functions,
    events,
    results,
    batches: (count: number) => until(() => results.length >= count),
  };
}

const send = (queue: Queue, body: string, trace?: string) =>
  queue.send({
    body,
    ...(queue.settings.fifo && { group: body.slice(0, 1), deduplication: body }),
    ...(trace !== undefined && { trace }),
  });
const remaining = (queue: Queue) => queue.messages.map(({ body }) => body);
const summary = ({ messages, failed, invocation }: BatchResult) => ({
  sent: messages.map(({ body }) => body),
  failed: failed.map(({ body }) => body),
  status: invocation?.status,
});

/**
 * The body of a message decides whether the handler reports it as failed, throws, or never returns.
 * The handler logs its records.
 */
const CONTROLLED_HANDLER = `
  export const handler = async ({ Records }) => {
    console.info(Records);
    const bodies = Records.map(({ body }) => body);
    if (bodies.some((body) => body.includes('throw'))) throw new Error('as requested');
    if (bodies.some((body) => body.includes('wait'))) await new Promise(() => { setInterval(() => undefined, 1000); });
    if (bodies.some((body) => body.includes('nonsense'))) return { batchItemFailures: [{ itemIdentifier: 'unknown' }] };
    return { batchItemFailures: Records.filter(({ body }) => body.includes('fail')).map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };`;

describe('an event source', () => {
  it('an event source delivers batches that mix groups, as Lambda does, and deletes handled messages', async () => {
    const { queue, results, batches, events } = await setUp(CONTROLLED_HANDLER);
    events.pause();
    for (const body of ['a1', 'b1', 'a2']) send(queue, body);
    events.resume();
    await batches(1);
    expect(results.map(summary)).toEqual([
      { sent: ['a1', 'a2', 'b1'], failed: [], status: 'success' },
    ]);
    expect(remaining(queue)).toEqual([]);
    const [record] = JSON.parse(results[0]?.invocation?.logs[0] ?? '').message;
    expect(record).toMatchObject({
      body: 'a1',
      attributes: {
        ApproximateReceiveCount: '1',
        MessageGroupId: 'a',
        MessageDeduplicationId: 'a1',
      },
      eventSource: 'aws:sqs',
      eventSourceARN: queue.settings.arn,
    });
  });

  it('an event source has parallel batches of different groups, and one batch of each group', async () => {
    const { queue, results, batches, functions, clock, events } = await setUp(CONTROLLED_HANDLER, {
      source: { batchSize: 1 },
    });
    events.pause();
    for (const body of ['a wait', 'b wait', 'a2']) send(queue, body);
    events.resume();
    while (
      functions.environments('f').filter(({ requestId }) => requestId !== undefined).length < 2
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(events.busy).toBe(2);
    expect(queue.counts).toEqual({ visible: 1, inFlight: 2, delayed: 0 });
    clock.skip(10_000);
    await batches(2);
    expect(new Set(results.map(summary))).toEqual(
      new Set(
        ['a wait', 'b wait'].map((body) => ({ sent: [body], failed: [body], status: 'timeout' })),
      ),
    );
  });

  it('messages that the function reports as failed are delivered again after their visibility timeout', async () => {
    const { queue, results, batches, clock } = await setUp(CONTROLLED_HANDLER, {
      kind: 'standard',
    });
    for (const body of ['good', 'fail']) send(queue, body);
    await batches(1);
    expect(remaining(queue)).toEqual(['fail']);
    clock.skip(VISIBILITY_MS - 1000);
    expect(results).toHaveLength(1);
    clock.skip(1000);
    await batches(2);
    expect(results.map(summary)[1]).toEqual({
      sent: ['fail'],
      failed: ['fail'],
      status: 'success',
    });
  });

  it('a whole batch is delivered again after an error, and after a response with an unknown message id', async () => {
    for (const [bad, status] of [
      ['a throw', 'error'],
      ['a nonsense', 'success'],
    ] as const) {
      const { queue, results, batches, events } = await setUp(CONTROLLED_HANDLER);
      events.pause();
      for (const body of ['a good', bad]) send(queue, body);
      events.resume();
      await batches(1);
      expect(summary(results[0] ?? expect.fail('no batch'))).toEqual({
        sent: ['a good', bad],
        failed: ['a good', bad],
        status,
      });
      expect(remaining(queue)).toEqual(['a good', bad]);
    }
  });

  it('a poison message blocks its group until it moves to the dead-letter queue', async () => {
    const { queue, deadLetters, results, batches, clock } = await setUp(CONTROLLED_HANDLER, {
      source: { batchSize: 1 },
    });
    for (const body of ['a throw', 'a2', 'b1']) send(queue, body);
    await batches(2);
    for (let n = 3; n <= 4; n += 1) {
      clock.skip(VISIBILITY_MS);
      await batches(n);
    }
    expect(remaining(queue)).toEqual(['a throw', 'a2']);
    clock.skip(VISIBILITY_MS);
    await batches(5);
    expect(results.map(summary).at(-1)).toEqual({ sent: ['a2'], failed: [], status: 'success' });
    expect([remaining(queue), remaining(deadLetters)]).toEqual([[], ['a throw']]);
  });

  it('a group moves to a second environment when its visibility timeout ends during an invocation', async () => {
    const { queue, results, batches, clock, functions } = await setUp(CONTROLLED_HANDLER, {
      spec: { timeoutMs: 2 * VISIBILITY_MS },
    });
    send(queue, 'a wait');
    const working = () =>
      functions.environments('f').filter(({ requestId }) => requestId !== undefined).length;
    for (const count of [1, 2]) {
      while (working() < count) await new Promise((resolve) => setTimeout(resolve, 5));
      if (count === 1) clock.skip(VISIBILITY_MS);
    }
    functions.kill('f.1');
    await batches(1);
    expect(results.map(summary)).toEqual([
      { sent: ['a wait'], failed: ['a wait'], status: 'killed' },
    ]);
    expect(remaining(queue)).toEqual(['a wait']);
  });

  it('a throttled function does not consume receives: the event source waits for capacity', async () => {
    const { queue, results, batches, events, functions, clock } = await setUp(CONTROLLED_HANDLER, {
      spec: { reservedConcurrency: 1 },
      source: { batchSize: 1 },
    });
    events.pause();
    for (const body of ['a wait', 'b1']) send(queue, body);
    events.resume();
    while (functions.environments('f')[0]?.requestId === undefined)
      await new Promise((resolve) => setTimeout(resolve, 5));
    functions.kill('f.1');
    await batches(1);
    clock.skip(1000);
    await batches(2);
    expect(results.map(summary)[1]).toEqual({ sent: ['b1'], failed: [], status: 'success' });
    expect(results[1]?.messages[0]?.receives).toBe(1);
  });
});

describe('a loop through a queue', () => {
  /** A function that returns the trace header of its invocation. */
  const hop = (recursiveLoop: 'Allow' | 'Terminate') =>
    setUp(
      'export const handler = async () => ({ trace: process.env._X_AMZN_TRACE_ID, batchItemFailures: [] });',
      { spec: { recursiveLoop } },
    );

  it.each([
    ['Terminate', 16],
    ['Allow', 20],
  ] as const)(
    'a loop through a queue with recursiveLoop %s runs %i hops',
    async (recursiveLoop, hops) => {
      const { queue, results, batches } = await hop(recursiveLoop);
      let trace: string | undefined;
      for (let n = 1; n <= 20; n += 1) {
        send(queue, `a${n}`, trace);
        await batches(n);
        const { invocation } = results.at(-1) ?? expect.fail('no batch');
        if (invocation === undefined) break;
        trace = JSON.parse(invocation.payload).trace;
      }
      expect(results.filter(({ invocation }) => invocation !== undefined)).toHaveLength(hops);
    },
  );
});

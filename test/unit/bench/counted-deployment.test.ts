/**
 * The simulated deployment: time, queues, a whole run.
 *
 * @module
 */
import { afterEach, describe, expect, it } from 'vitest';
import { CountedDeployment } from '../../../bench/aws/deployment/counted-deployment.ts';
import { start } from '../../../bench/aws/deployment/pipelines.ts';
import { CountedQueue } from '../../../bench/aws/deployment/queue.ts';
import { SimulatedTime } from '../../../bench/aws/deployment/time.ts';
import { Ledger } from '../../../bench/aws/ledger.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Batch {
  readonly at: number;
  readonly ids: readonly string[];
}

/** A FIFO queue whose function takes a second, and fails in the batches that `crashes` selects. */
function aQueue(crashes: (batch: number) => boolean = () => false) {
  const time = new SimulatedTime();
  closing.push(() => time.stop());
  const ledger = new Ledger();
  const startedAt = time.now();
  const batches: Batch[] = [];
  const queue = new CountedQueue({
    time,
    ledger,
    fifo: true,
    batchSize: 10,
    windowMs: 0,
    visibilityMs: 360_000,
    async handle(event) {
      const { Records }: { readonly Records?: readonly { readonly body: string }[] } = event;
      batches.push({ at: time.now() - startedAt, ids: (Records ?? []).map(({ body }) => body) });
      return {
        at: time.now() + 1000,
        failed: crashes(batches.length) ? undefined : new Set<string>(),
      };
    },
  });
  const send = (body: string, group = 'run', deduplication = body) =>
    queue.send({ body, group, deduplication });
  return { time, ledger, queue, batches, send };
}

describe('a queue', () => {
  it('a queue delivers one batch of a group at a time, with at most ten messages', async () => {
    const { time, batches, send, ledger } = aQueue();
    for (let n = 0; n < 12; n += 1) send(`${n}`);
    await time.pass(10_000);
    expect(batches.map(({ at, ids }) => [at, ids.length])).toEqual([
      [0, 10],
      [1000, 2],
    ]);
    expect(ledger.statement().requests).toBe(4);
  });

  it('a queue redelivers the batch of a crashed function after its visibility timeout, in order', async () => {
    const { time, batches, send, queue } = aQueue((batch) => batch === 1);
    send('first');
    await time.pass(1000);
    send('second');
    await time.pass(1_000_000);
    expect(batches).toEqual([
      { at: 0, ids: ['first'] },
      { at: 360_000, ids: ['first', 'second'] },
    ]);
    expect(queue.size).toBe(0);
  });

  it('a queue accepts the same deduplication id once within five minutes', async () => {
    const { time, batches, send } = aQueue();
    send('same');
    send('same');
    await time.pass(301_000);
    send('same');
    await time.pass(10_000);
    expect(batches).toHaveLength(2);
  });
});

describe('the simulated deployment', () => {
  it('the simulated deployment counts the same each time: one SubmitJob and one evaluation per step', {
    timeout: 60_000,
  }, async () => {
    const count = async () => {
      const deployment = new CountedDeployment({ workOf: () => ({ durationMs: 1000 }) });
      closing.push(() => deployment.close());
      await deployment.complete(await start('chain', 5));
      const { lines } = deployment.ledger.statement();
      deployment.close();
      return lines.map(({ service, action, by, count: times, units }) => ({
        service,
        action,
        by,
        times,
        writes: units['dynamodb.write'] ?? 0,
      }));
    };
    const once = await count();
    expect(await count()).toEqual(once);
    const times = (action: string, by: string) =>
      once.find((line) => line.action === action && line.by === by)?.times;
    expect(times('SubmitJob', 'controller')).toBe(5);
    expect(times('invocation', 'evaluator')).toBe(6);
    expect(times('SendMessageBatch', 'runner')).toBe(10);
  });

  it('steps in functions: one message to a function, two to the controller, and three reads each', {
    timeout: 60_000,
  }, async () => {
    const deployment = new CountedDeployment({
      workOf: () => ({ durationMs: 1000 }),
      lambdaQueue: { platform: 'lambda', timeoutSeconds: 60, maxConcurrency: 2 },
    });
    closing.push(() => deployment.close());
    await deployment.complete(await start('map', 6));
    const statement = deployment.ledger.statement();
    const times = (action: string, by: string) =>
      statement.count((line) => line.action === action && line.by === by);
    expect(times('SubmitJob', 'controller')).toBe(0);
    expect(times('invocation', 'step function')).toBe(6);
    expect(times('SendMessageBatch', 'runner')).toBe(12);
    expect(times('GetObject', 'runner')).toBe(18);
    // Two functions at the same time: three pairs, one after the other.
    const starts = (deployment.stepFunctions?.edges ?? []).map((edge) => Math.floor(edge / 1000));
    expect(starts).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

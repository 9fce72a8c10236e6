import { describe, expect, test, vi } from 'vitest';
import { createLocalQueue } from '../../../src/local/local-queue.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { runId } from '../../conformance/records.ts';

const [one, two] = [runId(1), runId(2)];
const fired = (run: RunId, subject: number): Transition => ({
  kind: 'timer.fired',
  run,
  timer: 'sleep',
  subject,
  generation: 0,
});
const subjects = (batch: readonly Transition[]): number[] =>
  batch.map((transition) => (transition.kind === 'timer.fired' ? transition.subject : -1));
const numbered = (count: number): Transition[] =>
  Array.from({ length: count }, (_, n) => fired(one, n));

/** A queue that records its batches. A batch fails if `fails` returns true. */
function recordingQueue(
  fails: (batch: readonly number[]) => boolean,
  options: { readonly attempts?: number; readonly batchSize?: number } = {},
) {
  const batches: number[][] = [];
  const givenUp: number[] = [];
  const pauses: number[] = [];
  const queue = createLocalQueue({
    ...options,
    async handle(_, batch) {
      batches.push(subjects(batch));
      if (fails(subjects(batch))) throw new Error('no');
    },
    retryDelayMs: (failures) => {
      pauses.push(failures);
      return 0;
    },
    onPermanentFailure: (_, __, batch) => givenUp.push(...subjects(batch)),
  });
  return { queue, batches, givenUp, pauses };
}

describe('the queue of this process', () => {
  test('(1) transitions are delivered in order, in batches of limited size', async () => {
    const { queue, batches } = recordingQueue(() => false, { batchSize: 4 });
    await queue.send(numbered(5));
    await queue.send([fired(one, 5)]);
    await queue.idle(one);
    expect(batches).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  test('(2) a failed batch is delivered again, then one by one, and in full after a success', async () => {
    let failures = 3;
    const { queue, batches, pauses } = recordingQueue(() => failures-- > 0);
    await queue.send(numbered(3));
    await queue.idle();
    expect(batches).toEqual([[0, 1, 2], [0, 1, 2], [0], [0], [1, 2]]);
    expect(pauses).toEqual([1, 2, 3]);
  });

  test('(3) a transition that always fails is given up, and the others are handled', async () => {
    const { queue, batches, givenUp } = recordingQueue((batch) => batch.includes(2), {
      attempts: 4,
    });
    await queue.send(numbered(5));
    await queue.idle();
    expect(givenUp).toEqual([2]);
    expect(new Set(batches.flat())).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(batches.at(-1)).toEqual([3, 4]);
  });

  test('(2) the delay grows up to five seconds, and other runs are handled in the meantime', async () => {
    vi.useFakeTimers();
    try {
      const handled: { readonly run: RunId; readonly at: number }[] = [];
      const start = Date.now();
      const queue = createLocalQueue({
        async handle(run) {
          handled.push({ run, at: Date.now() - start });
          if (run === one) throw new Error('no');
        },
      });
      await queue.send([fired(one, 0), fired(two, 0)]);
      await vi.advanceTimersByTimeAsync(20_000);
      expect(handled.slice(0, 2).map(({ run }) => run)).toEqual([one, two]);
      const failures = handled.filter(({ run }) => run === one);
      const pauses = failures.slice(1).map(({ at }, n) => at - (failures[n]?.at ?? 0));
      // In fake time, the turn of the event loop before a delivery takes a millisecond.
      expect(pauses.map((pause) => pause - 1)).toEqual([
        20, 40, 80, 160, 320, 640, 1280, 2560, 5000,
      ]);
      await queue.stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('(4) the event loop turns between two batches', async () => {
    const seen: string[] = [];
    const queue = createLocalQueue({
      batchSize: 1,
      async handle(_, batch) {
        seen.push(`batch ${subjects(batch)}`);
        if (subjects(batch)[0] === 0) setImmediate(() => seen.push('message'));
      },
    });
    await queue.send(numbered(3));
    await queue.idle();
    expect(seen.indexOf('message')).toBeLessThan(seen.indexOf('batch 2'));
  });

  test('transitions of runs that this queue does not own are forwarded', async () => {
    const posted: Transition[] = [];
    const handled: Transition[] = [];
    const queue = createLocalQueue({
      async handle(_, batch) {
        handled.push(...batch);
      },
      owns: (run) => run === one,
      forward: (transitions) => posted.push(...transitions),
    });
    await queue.send([fired(one, 0), fired(two, 1), fired(one, 2), fired(two, 3)]);
    await queue.idle();
    expect(subjects(handled)).toEqual([0, 2]);
    expect(subjects(posted)).toEqual([1, 3]);
  });

  test('idle resolves at once for an empty queue, and after the last batch otherwise', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let done = false;
    const queue = createLocalQueue({ handle: () => gate });
    await queue.idle(one);
    await queue.send([fired(one, 0)]);
    await queue.idle(two);
    const idle = queue.idle(one).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    open();
    await idle;
    expect(done).toBe(true);
  });

  test('stop waits for the batch in progress, and nothing is delivered after it', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const delivered: number[] = [];
    let markStarted = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      markStarted = resolve;
    });
    const queue = createLocalQueue({
      batchSize: 1,
      async handle(_, batch) {
        delivered.push(...subjects(batch));
        markStarted();
        await gate;
      },
    });
    await queue.send(numbered(3));
    await started;
    const stopped = queue.stop();
    open();
    await stopped;
    await queue.send([fired(one, 9)]);
    await queue.idle();
    expect(delivered).toEqual([0]);
  });
});

describe('(5) deliver', () => {
  test('deliver resolves to true after the transitions were handled', async () => {
    const order: string[] = [];
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const queue = createLocalQueue({
      async handle() {
        await gate;
        order.push('handled');
      },
    });
    const delivered = queue
      .deliver(numbered(2))
      .then((handled) => order.push(`resolved ${handled}`));
    await Promise.resolve();
    expect(order).toEqual([]);
    go();
    await delivered;
    expect(order).toEqual(['handled', 'resolved true']);
  });

  test('deliver resolves to false for a transition that is given up, or still queued when the queue stops', async () => {
    const { queue } = recordingQueue((batch) => batch.includes(1), { attempts: 2, batchSize: 1 });
    expect(
      await Promise.all([
        queue.deliver([fired(one, 0)]),
        queue.deliver([fired(one, 1)]),
        queue.deliver([fired(one, 2)]),
      ]),
    ).toEqual([true, false, true]);
    const waiting = queue.deliver([fired(two, 0)]);
    await queue.stop();
    expect(await waiting).toBe(false);
    expect(await queue.deliver([fired(two, 1)])).toBe(false);
  });

  test('deliver resolves to true after transitions for another process were posted', async () => {
    const posted: Transition[] = [];
    const queue = createLocalQueue({
      handle: async () => undefined,
      owns: () => false,
      forward: (transitions) => posted.push(...transitions),
    });
    expect(await queue.deliver([fired(two, 0)])).toBe(true);
    expect(subjects(posted)).toEqual([0]);
  });
});

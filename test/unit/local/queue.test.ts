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

/** A queue that notes the batches it delivers; `fails` says which. */
function noting(
  fails: (batch: readonly number[]) => boolean,
  options: { readonly attempts?: number; readonly batchSize?: number } = {},
) {
  const batches: number[][] = [];
  const dead: number[] = [];
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
    onPermanentFailure: (_, __, batch) => dead.push(...subjects(batch)),
  });
  return { queue, batches, dead, pauses };
}

describe('the queue of this process', () => {
  test('(1) what is sent together comes together, in order, at most a batch at a time', async () => {
    const { queue, batches } = noting(() => false, { batchSize: 4 });
    await queue.send(numbered(5));
    await queue.send([fired(one, 5)]);
    await queue.idle(one);
    expect(batches).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  test('(2) after a failure the same comes again, then one by one, and in full once it goes well', async () => {
    let failures = 3;
    const { queue, batches, pauses } = noting(() => failures-- > 0);
    await queue.send(numbered(3));
    await queue.idle();
    expect(batches).toEqual([[0, 1, 2], [0, 1, 2], [0], [0], [1, 2]]);
    expect(pauses).toEqual([1, 2, 3]);
  });

  test('(3) one that always fails is given up; the others are handled', async () => {
    const { queue, batches, dead } = noting((batch) => batch.includes(2), { attempts: 4 });
    await queue.send(numbered(5));
    await queue.idle();
    expect(dead).toEqual([2]);
    expect(new Set(batches.flat())).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(batches.at(-1)).toEqual([3, 4]);
  });

  test('(2) the pause grows, up to five seconds, and other runs go on meanwhile', async () => {
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

  test('transitions of runs that are not owned here go elsewhere', async () => {
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

  test('idle resolves at once where nothing waits, and after the last batch where something does', async () => {
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

  test('once stopped, what is under way ends and nothing more is delivered', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const delivered: number[] = [];
    let begun = (): void => undefined;
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const queue = createLocalQueue({
      batchSize: 1,
      async handle(_, batch) {
        delivered.push(...subjects(batch));
        begun();
        await gate;
      },
    });
    await queue.send(numbered(3));
    await begins;
    const stopped = queue.stop();
    open();
    await stopped;
    await queue.send([fired(one, 9)]);
    await queue.idle();
    expect(delivered).toEqual([0]);
  });
});

describe('(5) what is delivered', () => {
  test('is told of when it was handled, not before', async () => {
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
    const delivered = queue.deliver(numbered(2)).then((handled) => order.push(`told ${handled}`));
    await Promise.resolve();
    expect(order).toEqual([]);
    go();
    await delivered;
    expect(order).toEqual(['handled', 'told true']);
  });

  test('and was given up, or still waits when the queue stops, will not be handled', async () => {
    const { queue } = noting((batch) => batch.includes(1), { attempts: 2, batchSize: 1 });
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

  test('for a run that another process owns is done once it is posted', async () => {
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

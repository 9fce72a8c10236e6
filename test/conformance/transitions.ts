/**
 * The queue of transitions: at least once, and one batch of a run at a time.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { runId } from './records.ts';

const [one, two] = [runId(1), runId(2)];

/** A transition that is known by its number. */
const fired = (run: RunId, subject: number): Transition => ({
  kind: 'timer.fired',
  run,
  timer: 'sleep',
  subject,
  generation: 0,
});
const subjectOf = (transition: Transition): number =>
  transition.kind === 'timer.fired' ? transition.subject : -1;

interface Gate {
  readonly promise: Promise<void>;
  resolve(): void;
}

function gateOf(): Gate {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** Resolves once `count` different transitions of the run were handled. */
function handled(
  run: RunId,
  count: number,
): {
  readonly seen: number[];
  note(of: RunId, batch: readonly Transition[]): void;
  readonly all: Promise<void>;
} {
  const { promise, resolve } = gateOf();
  const seen: number[] = [];
  return {
    seen,
    note(of, batch) {
      if (of !== run) return;
      seen.push(...batch.map(subjectOf));
      if (new Set(seen).size >= count) resolve();
    },
    all: promise,
  };
}

export function transitionsConformance(makePorts: MakePorts): void {
  describe('transitions', () => {
    const ports = freshPorts(makePorts);

    test('everything that is sent is handled', async () => {
      const watch = handled(one, 250);
      const queue = ports().transitions(async (run, batch) => watch.note(run, batch));
      await queue.send(Array.from({ length: 200 }, (_, n) => fired(one, n)));
      for (let n = 200; n < 250; n += 1) await queue.send([fired(one, n)]);
      await queue.send([]);
      await watch.all;
      expect(new Set(watch.seen)).toEqual(new Set(Array.from({ length: 250 }, (_, n) => n)));
    });

    test('a batch holds transitions of one run', async () => {
      const [first, second] = [handled(one, 30), handled(two, 30)];
      const mixed: boolean[] = [];
      const queue = ports().transitions(async (run, batch) => {
        mixed.push(batch.some((transition) => transition.run !== run));
        first.note(run, batch);
        second.note(run, batch);
      });
      await queue.send(Array.from({ length: 60 }, (_, n) => fired(n % 2 === 0 ? one : two, n)));
      await Promise.all([first.all, second.all]);
      expect(mixed).not.toContain(true);
    });

    test('one batch of a run at a time', async () => {
      const watch = handled(one, 40);
      let [inside, most] = [0, 0];
      const queue = ports().transitions(async (run, batch) => {
        inside += 1;
        most = Math.max(most, inside);
        await Promise.resolve();
        inside -= 1;
        watch.note(run, batch);
      });
      await Promise.all(Array.from({ length: 40 }, (_, n) => queue.send([fired(one, n)])));
      await watch.all;
      expect(most).toBe(1);
    });

    test('a run that takes its time does not hold another', async () => {
      const gate = gateOf();
      const [slow, quick] = [handled(one, 1), handled(two, 1)];
      const queue = ports().transitions(async (run, batch) => {
        if (run === one) await gate.promise;
        slow.note(run, batch);
        quick.note(run, batch);
      });
      await queue.send([fired(one, 0), fired(two, 0)]);
      await quick.all;
      expect(slow.seen).toEqual([]);
      gate.resolve();
      await slow.all;
    });

    test('a handler that throws gets the same again, and nothing is lost', async () => {
      const watch = handled(one, 20);
      let failures = 2;
      const queue = ports().transitions(async (run, batch) => {
        if (batch.some((transition) => subjectOf(transition) === 5) && failures-- > 0)
          throw new Error('not now');
        watch.note(run, batch);
      });
      await queue.send(Array.from({ length: 20 }, (_, n) => fired(one, n)));
      await watch.all;
      expect(new Set(watch.seen).size).toBe(20);
    });

    test('what is sent while a batch is handled is handled after it', async () => {
      const watch = handled(one, 2);
      const queue = ports().transitions(async (run, batch) => {
        if (watch.seen.length === 0) await queue.send([fired(one, 1)]);
        watch.note(run, batch);
      });
      await queue.send([fired(one, 0)]);
      await watch.all;
      expect(watch.seen).toEqual([0, 1]);
    });
  });
}

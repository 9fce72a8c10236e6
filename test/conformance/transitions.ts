/**
 * Conformance tests of the queue of transitions: at-least-once delivery, one batch of a run at a
 * time.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import { runId } from './records.ts';

const [one, two] = [runId(1), runId(2)];

/** A transition that is identified by its number. */
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

/**
 * Records the handled transitions of a run. `all` resolves when there are `count` different ones.
 */
function recordHandled(
  run: RunId,
  count: number,
): {
  readonly subjects: number[];
  record(of: RunId, batch: readonly Transition[]): void;
  readonly all: Promise<void>;
} {
  const { promise, resolve } = gateOf();
  const subjects: number[] = [];
  return {
    subjects,
    record(of, batch) {
      if (of !== run) return;
      subjects.push(...batch.map(subjectOf));
      if (new Set(subjects).size >= count) resolve();
    },
    all: promise,
  };
}

export function transitionsConformance(makePorts: MakePorts): void {
  describe('transitions', () => {
    const ports = freshPorts(makePorts);

    test('every transition that is sent is handled', async () => {
      const handled = recordHandled(one, 250);
      const queue = ports().transitions(async (run, batch) => handled.record(run, batch));
      await queue.send(Array.from({ length: 200 }, (_, n) => fired(one, n)));
      for (let n = 200; n < 250; n += 1) await queue.send([fired(one, n)]);
      await queue.send([]);
      await handled.all;
      expect(new Set(handled.subjects)).toEqual(new Set(Array.from({ length: 250 }, (_, n) => n)));
    });

    test('a batch contains transitions of one run only', async () => {
      const [first, second] = [recordHandled(one, 30), recordHandled(two, 30)];
      const mixed: boolean[] = [];
      const queue = ports().transitions(async (run, batch) => {
        mixed.push(batch.some((transition) => transition.run !== run));
        first.record(run, batch);
        second.record(run, batch);
      });
      await queue.send(Array.from({ length: 60 }, (_, n) => fired(n % 2 === 0 ? one : two, n)));
      await Promise.all([first.all, second.all]);
      expect(mixed).not.toContain(true);
    });

    test('batches of one run are handled one at a time', async () => {
      const handled = recordHandled(one, 40);
      let [current, highest] = [0, 0];
      const queue = ports().transitions(async (run, batch) => {
        current += 1;
        highest = Math.max(highest, current);
        await Promise.resolve();
        current -= 1;
        handled.record(run, batch);
      });
      await Promise.all(Array.from({ length: 40 }, (_, n) => queue.send([fired(one, n)])));
      await handled.all;
      expect(highest).toBe(1);
    });

    test('a slow run does not delay another run', async () => {
      const gate = gateOf();
      const [slow, quick] = [recordHandled(one, 1), recordHandled(two, 1)];
      const queue = ports().transitions(async (run, batch) => {
        if (run === one) await gate.promise;
        slow.record(run, batch);
        quick.record(run, batch);
      });
      await queue.send([fired(one, 0), fired(two, 0)]);
      await quick.all;
      expect(slow.subjects).toEqual([]);
      gate.resolve();
      await slow.all;
    });

    test('a batch whose handler throws is delivered again, and no transition is lost', async () => {
      const handled = recordHandled(one, 20);
      let failures = 2;
      const queue = ports().transitions(async (run, batch) => {
        if (batch.some((transition) => subjectOf(transition) === 5) && failures-- > 0)
          throw new Error('not now');
        handled.record(run, batch);
      });
      await queue.send(Array.from({ length: 20 }, (_, n) => fired(one, n)));
      await handled.all;
      expect(new Set(handled.subjects).size).toBe(20);
    });

    test('transitions that are sent while a batch is handled are handled after it', async () => {
      const handled = recordHandled(one, 2);
      const queue = ports().transitions(async (run, batch) => {
        if (handled.subjects.length === 0) await queue.send([fired(one, 1)]);
        handled.record(run, batch);
      });
      await queue.send([fired(one, 0)]);
      await handled.all;
      expect(handled.subjects).toEqual([0, 1]);
    });
  });
}

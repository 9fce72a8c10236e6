import { expect, test } from 'vitest';
import type { RunnerMessage } from '../../../src/model/spec.ts';
import type { Transition } from '../../../src/model/transition.ts';
import {
  createPersistentDelivery,
  type RetryPolicy,
} from '../../../src/runner/container/persistent-delivery.ts';
import { RUN } from '../../support/step-spec.ts';

const identity = { run: RUN, call: 0, attempt: 1, job: 'j.1', token: 't', at: 0 } as const;
const started: RunnerMessage = { kind: 'started', ...identity };
const reported = (sequence: number, text = ''): RunnerMessage => ({
  kind: 'reported',
  ...identity,
  sequence,
  report: {
    points: [],
    texts: [{ text, at: 0 }],
    artifacts: [],
    models: [],
    onRun: { artifacts: [], models: [] },
  },
});
const finished: RunnerMessage = {
  kind: 'finished',
  ...identity,
  outcome: { ok: true, values: [], artifacts: [] },
};

/** A queue that rejects the chosen transitions, and a clock that advances only in pauses. */
function createHarness(rejects: (transition: Transition, attempt: number) => boolean) {
  const sent: Transition[] = [];
  const pauses: number[] = [];
  let attempts = 0;
  let now = 0;
  let onPause = (): void => undefined;
  const retryPolicy: RetryPolicy = {
    timeoutMs: 300_000,
    terminationTimeoutMs: 4_000,
    now: () => now,
    log: () => undefined,
    async delay(milliseconds) {
      pauses.push(milliseconds);
      now += milliseconds;
      onPause();
    },
  };
  const delivery = createPersistentDelivery(
    {
      async send(transitions) {
        for (const transition of transitions) {
          attempts += 1;
          if (rejects(transition, attempts)) throw new Error('not now');
          sent.push(transition);
        }
      },
    },
    retryPolicy,
  );
  return {
    delivery,
    sent,
    pauses,
    elapsed: () => now,
    whenPausing: (act: () => void) => {
      onPause = act;
    },
  };
}

test('messages are sent in order, although their sends are not awaited', async () => {
  const { delivery, sent } = createHarness(() => false);
  await Promise.all([
    delivery.send(started),
    delivery.send(reported(0)),
    delivery.send(reported(1)),
    delivery.send(finished),
  ]);
  expect(sent).toEqual([started, reported(0), reported(1), finished]);
  expect(delivery.undelivered()).toEqual([]);
});

test('a rejected message is sent again with growing pauses, before the next one', async () => {
  const { delivery, sent, pauses } = createHarness((_, attempt) => attempt <= 3);
  await Promise.all([delivery.send(started), delivery.send(finished)]);
  expect(sent).toEqual([started, finished]);
  expect(pauses).toEqual([200, 400, 800]);
});

test('after the timeout, a rejected message and all later ones are undelivered, in their order', async () => {
  const { delivery, sent, elapsed } = createHarness(
    (transition) => transition.kind === 'reported' && transition.sequence === 0,
  );
  await Promise.all([started, reported(0), reported(1), finished].map(delivery.send));
  expect(sent).toEqual([started]);
  expect(delivery.undelivered()).toEqual([reported(0), reported(1), finished]);
  expect(elapsed()).toBe(300_000);
});

test('a container that is about to be killed stops its retries early', async () => {
  const { delivery, elapsed, whenPausing } = createHarness(() => true);
  whenPausing(() => delivery.onTerminating());
  await delivery.send(finished);
  expect(delivery.undelivered()).toEqual([finished]);
  expect(elapsed()).toBeLessThanOrEqual(4_200);
});

test('a message above the limit of the queue is not sent', async () => {
  const large = reported(0, 'x'.repeat(1_000_001));
  const { delivery, sent, elapsed } = createHarness(() => false);
  await Promise.all([large, finished].map(delivery.send));
  expect({ sent, kept: delivery.undelivered(), elapsed: elapsed() }).toEqual({
    sent: [],
    kept: [large, finished],
    elapsed: 0,
  });
});

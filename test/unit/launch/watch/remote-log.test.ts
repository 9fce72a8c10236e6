/**
 * The log of an attempt behind an API in this process, read by the client and followed.
 *
 * @module
 */
import { expect, it, onTestFinished, vi } from 'vitest';
import { createClient } from '../../../../src/client/client.ts';
import { remoteFeed } from '../../../../src/launch/remote/remote-feed.ts';
import { followedText, LogFollower } from '../../../../src/launch/watch/log-follower.ts';
import type { Attempt } from '../../../../src/model/step.ts';
import type { LogLine, Logs } from '../../../../src/ports/logs.ts';
import { aCompletedStep, anAttempt } from '../../../conformance/records.ts';
import { aRun, commit } from '../../api/answers-harness.ts';
import { anApi, registered } from '../../api/harness.ts';

const ENDED: Attempt = { ...anAttempt(1), owner: 'job', endedAt: 4_000 };

/** Follows the log of the only attempt of a run's only step. */
async function follow(attempt: Attempt, logs: Logs) {
  const harness = await anApi({ logs });
  await registered(harness);
  const run = await aRun(harness);
  const step = aCompletedStep(0, { name: 'train', attempts: [attempt] });
  await commit(harness, run, { created: [step] }, { callCount: 1 });
  const endpoint = 'http://api.test';
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    harness.api.request(url.slice(endpoint.length), init),
  );
  onTestFinished(() => void vi.unstubAllGlobals());
  const client = createClient({ endpoint, sign: async ({ headers }) => headers });
  const lines: string[] = [];
  const pauses: (() => Promise<void>)[] = [];
  const follower = new LogFollower({
    read: remoteFeed(client, run).log,
    pace: { logMs: [1, 1] },
    print: (found) => void lines.push(...found.map(followedText)),
    pause: async () => await pauses.shift()?.(),
  });
  return {
    lines,
    pauses,
    follower,
    put: async (changed: Attempt) =>
      await commit(harness, run, { changed: [{ ...step, attempts: [changed] }] }, { callCount: 1 }),
  };
}

/** A log of these lines, which is complete. */
const logOf = (lines: readonly Omit<LogLine, 'position'>[]): Logs => ({
  pagesPerSearch: 1,
  callsPerRunLog: 9,
  async read(_, { from, limit }) {
    const at = Number(from ?? 0);
    const found = lines
      .slice(at, at + limit)
      .map((line, index) => ({ ...line, position: String(at + index) }));
    const next = at + found.length;
    return {
      lines: found,
      next: String(next),
      previous: at === 0 ? null : String(at),
      more: next < lines.length,
      complete: true,
      size: null,
    };
  },
});

it('a long line that its store has split is printed as one line, across pages', async () => {
  const pieces = Array.from({ length: 300 }, (_, n) => ({
    at: null,
    text: `<${n}>`,
    ...(n === 299 ? {} : { continues: true as const }),
  }));
  const { follower, lines } = await follow(
    { ...ENDED, logStream: 'log' },
    logOf([...pieces, { at: null, text: 'end' }]),
  );
  await follower.finish(0, 'train', 1);
  expect(lines).toEqual([`train | ${pieces.map(({ text }) => text).join('')}`, 'train | end']);
});

it('lines are printed of an attempt whose log becomes known after its end', async () => {
  let now = ENDED.endedAt ?? 0;
  const late = { ...ENDED, logStream: 'log' };
  const { follower, lines, pauses, put } = await follow(ENDED, {
    ...logOf([{ at: null, text: 'late' }]),
    mayNameStreamLater: (endedAt) => now < endedAt + 15_000,
  });
  await follower.finish(0, 'train', 1);
  pauses.push(
    async () => {
      now += 1_000;
    },
    async () => await put(late),
  );
  await follower.drain();
  expect(lines).toEqual(['train | late']);
  expect(pauses).toEqual([]);
});

it.each([
  ['in a store that knows each log while its attempt runs', ENDED, undefined],
  ['15 seconds after its end', ENDED, () => false],
  ['if it never started', { ...ENDED, owner: undefined }, () => true],
  [
    'if it is a child run',
    { ...ENDED, job: { name: `${'0'.repeat(26)}-0-child-0`, index: 0 } },
    () => true,
  ],
])('an ended attempt without a log is complete %s', async (_, attempt, mayNameStreamLater) => {
  const { follower, pauses } = await follow(attempt, {
    ...logOf([]),
    ...(mayNameStreamLater === undefined ? {} : { mayNameStreamLater }),
  });
  pauses.push(async () => Promise.reject(new Error('it waits')));
  await follower.finish(0, 'train', 1);
  await follower.drain();
  expect(pauses).toHaveLength(1);
});

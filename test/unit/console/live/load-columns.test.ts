import { expect, test } from 'vitest';
import { loadColumns } from '../../../../console/src/live/load-columns.ts';
import { type CallOfTest, graphPage, stateOf, wideRun } from '../support/documents.ts';

const CALLS: readonly CallOfTest[] = wideRun(3);
const signal = new AbortController().signal;
const timings = (from: number) => ({
  epoch: 0,
  revision: 1,
  from,
  calls: Math.min(5, CALLS.length - from),
  more: from + 5 < CALLS.length,
  base: 1_000,
  queued: CALLS.map(() => 0),
  started: CALLS.map(() => 10),
  ended: CALLS.map(() => 25),
  attempts: [],
});

test('a run is read with its structure and its times, page after page', async () => {
  const columns = await loadColumns(
    {
      state: async () => stateOf(CALLS.map(() => 'completed')),
      graph: async () => graphPage(CALLS),
      timings: async (from) => timings(from),
    },
    signal,
  );
  expect(columns.known).toBe(CALLS.length);
  expect(columns.timed).toBe(CALLS.length);
  expect(columns.started[CALLS.length - 1]).toBe(1_010);
});

test('a service that answers no further page does not keep the page busy', async () => {
  const columns = await loadColumns(
    {
      state: async () => stateOf(CALLS.map(() => 'completed')),
      graph: async () => ({ ...graphPage(CALLS), calls: 0 }),
      timings: async (from) => timings(from),
    },
    signal,
  );
  expect(columns.known).toBe(0);
});

test('pages are requested ahead, and a shorter page leaves no gap', async () => {
  const long = wideRun(8);
  const requested: number[] = [];
  let active = 0;
  let most = 0;
  const columns = await loadColumns(
    {
      state: async () => stateOf(long.map(() => 'completed')),
      graph: async (from) => {
        requested.push(from);
        most = Math.max(most, ++active);
        await new Promise((resolve) => setImmediate(resolve));
        active--;
        // Calls with many parents make a page short.
        return graphPage(long, from, from + (from === 3 ? 2 : 3));
      },
      timings: async () => ({ ...timings(0), calls: 0 }),
    },
    signal,
  );
  expect(columns.known).toBe(long.length);
  expect(long.map((_, call) => columns.componentNameOf(call))).toEqual(
    long.map(({ component }) => component),
  );
  expect(requested).toContain(5);
  expect(most).toBe(4);
});

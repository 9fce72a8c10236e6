/**
 * The cache of histories that a controller has read or written.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { createHistoryCache } from '../../../src/aws/evaluator/history-cache.ts';
import type { HistoryEvent } from '../../../src/model/history.ts';
import type { EvaluationRequest } from '../../../src/ports/evaluator.ts';
import { runInfo } from '../evaluator/logic.ts';

const info = runInfo();
const event = (sleep: number): HistoryEvent => ({ kind: 'sleepEnded', sleep, at: sleep });

/** A history that records every read. */
function aHistory() {
  const reads: string[] = [];
  const request = (position: number, over: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
    info,
    generation: 0,
    position,
    fromCommand: position,
    limit: 1000,
    history: {
      async *events(from) {
        reads.push(`events from ${from}`);
        yield Array.from({ length: position - from }, (_, n) => event(from + n));
      },
      async *signatures(from) {
        reads.push(`signatures from ${from}`);
        yield Array.from({ length: position - from }, (_, n) => `signature ${from + n}`);
      },
    },
    ...over,
  });
  return { reads, request };
}

it('cached events are not read again, and accepted commands are not read at all', async () => {
  const { reads, request } = aHistory();
  const cache = createHistoryCache();
  expect(await cache.events(request(3), 0)).toEqual([event(0), event(1), event(2)]);
  expect(await cache.signatures(request(3), 0)).toEqual([
    'signature 0',
    'signature 1',
    'signature 2',
  ]);
  cache.recordAnswer(request(3), [
    {
      signature: 'signature 3',
      command: { kind: 'returned', value: { format: 'json', text: '1' } },
    },
  ]);
  expect(await cache.events(request(4), 3)).toEqual([event(3)]);
  expect(await cache.events(request(4), 0)).toHaveLength(4);
  expect(await cache.signatures(request(4), 1)).toEqual([
    'signature 1',
    'signature 2',
    'signature 3',
  ]);
  expect(reads).toEqual(['events from 0', 'signatures from 0', 'events from 3']);
});

it('the history of another generation, or one that is shorter than the cache, is read again', async () => {
  const { reads, request } = aHistory();
  const cache = createHistoryCache();
  await cache.events(request(5), 0);
  await cache.events(request(5, { generation: 1 }), 0);
  await cache.events(request(2, { generation: 1 }), 0);
  expect(reads).toEqual(['events from 0', 'events from 0', 'events from 0']);
});

it('events in a snapshot are dropped from the cache, and read from the history if they are needed', async () => {
  const { reads, request } = aHistory();
  const cache = createHistoryCache();
  await cache.events(request(10), 0);
  cache.dropBelow(info.id, { events: 8, signatures: 0 });
  expect(await cache.events(request(10), 8)).toEqual([event(8), event(9)]);
  expect(reads).toHaveLength(1);
  expect(await cache.events(request(10), 6)).toEqual([event(6), event(7), event(8), event(9)]);
  expect(reads).toEqual(['events from 0', 'events from 6']);
});

it('the history of a dropped run is read again', async () => {
  const { reads, request } = aHistory();
  const cache = createHistoryCache();
  await cache.events(request(2), 0);
  cache.drop(info.id);
  await cache.events(request(2), 0);
  expect(reads).toHaveLength(2);
});

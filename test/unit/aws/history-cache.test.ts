/**
 * What a controller remembers of histories that it has seen.
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

/** A history of which every read is noted. */
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

it('what was read is not read again, and what was accepted is not read at all', async () => {
  const { reads, request } = aHistory();
  const recent = createHistoryCache();
  expect(await recent.events(request(3), 0)).toEqual([event(0), event(1), event(2)]);
  expect(await recent.signatures(request(3), 0)).toEqual([
    'signature 0',
    'signature 1',
    'signature 2',
  ]);
  recent.recordAnswer(request(3), [
    {
      signature: 'signature 3',
      command: { kind: 'returned', value: { format: 'json', text: '1' } },
    },
  ]);
  expect(await recent.events(request(4), 3)).toEqual([event(3)]);
  expect(await recent.events(request(4), 0)).toHaveLength(4);
  expect(await recent.signatures(request(4), 1)).toEqual([
    'signature 1',
    'signature 2',
    'signature 3',
  ]);
  expect(reads).toEqual(['events from 0', 'signatures from 0', 'events from 3']);
});

it('another generation, and a history that is shorter than what was seen, are read anew', async () => {
  const { reads, request } = aHistory();
  const recent = createHistoryCache();
  await recent.events(request(5), 0);
  await recent.events(request(5, { generation: 1 }), 0);
  await recent.events(request(2, { generation: 1 }), 0);
  expect(reads).toEqual(['events from 0', 'events from 0', 'events from 0']);
});

it('what a snapshot holds is forgotten, what comes before is read from the history', async () => {
  const { reads, request } = aHistory();
  const recent = createHistoryCache();
  await recent.events(request(10), 0);
  recent.dropBelow(info.id, { events: 8, signatures: 0 });
  expect(await recent.events(request(10), 8)).toEqual([event(8), event(9)]);
  expect(reads).toHaveLength(1);
  expect(await recent.events(request(10), 6)).toEqual([event(6), event(7), event(8), event(9)]);
  expect(reads).toEqual(['events from 0', 'events from 6']);
});

it('a run that is dropped is read anew', async () => {
  const { reads, request } = aHistory();
  const recent = createHistoryCache();
  await recent.events(request(2), 0);
  recent.drop(info.id);
  await recent.events(request(2), 0);
  expect(reads).toHaveLength(2);
});

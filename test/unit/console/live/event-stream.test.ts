import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import {
  EventStreamParser,
  MAX_SILENCE_MS,
  readEventStream,
} from '../../../../console/src/live/event-stream.ts';

it('events are the same, however their text is divided', () => {
  const text = ': comment\n\ndata: {"a":1}\n\nid: 7\nevent: x\ndata:one\ndata: two\r\n\r\n';
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const parser = new EventStreamParser();
      const sorted = [0, ...cuts.sort((a, b) => a - b), text.length];
      const events = sorted
        .slice(1)
        .flatMap((end, index) => parser.push(text.slice(sorted[index], end)));
      expect(events).toEqual(['{"a":1}', 'one\ntwo']);
    }),
  );
});

it('an event that has not ended is not delivered', () => {
  expect(new EventStreamParser().push('data: 1\n')).toEqual([]);
});

it('an event without an end is refused at 32 MB', () => {
  const parser = new EventStreamParser();
  const piece = `data: ${'x'.repeat(1024 * 1024)}\n`;
  expect(() => {
    for (let count = 0; count < 40; count++) parser.push(piece);
  }).toThrow('too long');
});

it('a character that is divided between two pieces of a response is restored', async () => {
  const bytes = new TextEncoder().encode('data: é\n\n');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.slice(0, 7));
      controller.enqueue(bytes.slice(7));
      controller.close();
    },
  });
  const events: string[] = [];
  for await (const event of readEventStream(body)) events.push(event);
  expect(events).toEqual(['é']);
});

it('a connection that is silent for too long ends, and one with comments does not', async () => {
  vi.useFakeTimers();
  try {
    let write: (text: string) => void = () => undefined;
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        write = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
      cancel() {
        isCancelled = true;
      },
    });
    const end = readEventStream(body).next();
    for (let count = 0; count < 10; count++) {
      await vi.advanceTimersByTimeAsync(MAX_SILENCE_MS - 1);
      write(': heartbeat\n\n');
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(isCancelled).toBe(false);
    await vi.advanceTimersByTimeAsync(MAX_SILENCE_MS);
    expect(isCancelled).toBe(true);
    expect(await end).toEqual({ done: true, value: undefined });
  } finally {
    vi.useRealTimers();
  }
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LogRead } from '../../../../../console/src/api/logs.ts';
import { ApiError, ConnectionError } from '../../../../../console/src/api/problems.ts';
import {
  type LogFilter,
  LogReader,
  type LogStart,
} from '../../../../../console/src/screens/run/logs/log-reader.ts';
import type { LogPageDocument } from '../../../../../src/wire/logs.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const PAGE = 3;

/** A log whose cursors are the numbers of lines. */
class FakeLog {
  lines: string[] = [];
  complete = false;
  failure: Error | null = null;
  readonly reads: LogRead[] = [];

  readonly read = async (read: LogRead): Promise<LogPageDocument> => {
    this.reads.push(read);
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
    const all = this.lines.length;
    const at = Number(read.cursor ?? read.position ?? (read.from === 'end' ? all : 0));
    const isBackward = read.direction === 'backward' || read.from === 'end';
    const from = isBackward ? Math.max(0, at - PAGE) : at;
    const to = isBackward ? at : Math.min(all, at + PAGE);
    return {
      lines: this.lines
        .slice(from, to)
        .map((text, index) => ({ position: String(from + index), at: null, text }))
        .filter(({ text }) => text.includes(read.search ?? '')),
      next: String(to),
      previous: from === 0 ? null : String(from),
      hasMore: isBackward ? from > 0 : to < all,
      complete: this.complete && to === all,
      size: null,
    };
  };
}

async function open(log: FakeLog, start: LogStart, filter: LogFilter = {}) {
  const reader = new LogReader(log.read, filter);
  await reader.start(start);
  return reader;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);
const textsOf = (reader: LogReader) => reader.snapshot().window.lines.map(({ text }) => text);

it('the end of a long log is one request', async () => {
  const log = new FakeLog();
  log.lines = numbered(100);
  const reader = await open(log, { at: 'end' });
  expect(textsOf(reader)).toEqual(['line 97', 'line 98', 'line 99']);
  expect(log.reads).toHaveLength(1);
});

it('lines before the end are read on request, until the start', async () => {
  const log = new FakeLog();
  log.lines = numbered(7);
  const reader = await open(log, { at: 'end' });
  await reader.previous();
  await reader.previous();
  await reader.previous();
  expect(textsOf(reader)).toEqual(numbered(7));
  expect(log.reads).toHaveLength(3);
});

it('a link to a line shows it among the lines before and after it', async () => {
  const log = new FakeLog();
  log.lines = numbered(100);
  const reader = await open(log, { at: 'position', position: '50' });
  expect(textsOf(reader)).toEqual(numbered(100).slice(47, 53));
});

it('a log that is followed is read every three seconds, until it is complete', async () => {
  const log = new FakeLog();
  log.lines = ['a'];
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  log.lines.push('b');
  await vi.advanceTimersByTimeAsync(3000);
  expect(textsOf(reader)).toEqual(['a', 'b']);
  log.complete = true;
  await vi.advanceTimersByTimeAsync(3000);
  const { length } = log.reads;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.reads).toHaveLength(length);
});

it('a log that is not followed is not read again', async () => {
  const log = new FakeLog();
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  reader.follow(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.reads).toHaveLength(1);
});

it('many new lines are read without a pause between their pages', async () => {
  const log = new FakeLog();
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  log.lines = numbered(20);
  await vi.advanceTimersByTimeAsync(3100);
  expect(textsOf(reader)).toEqual(numbered(20));
});

it('a search continues over parts of the log without a match', async () => {
  const log = new FakeLog();
  log.lines = numbered(100);
  const reader = await open(log, { at: 'end' }, { search: '77' });
  expect(textsOf(reader)).toEqual(['line 77']);
  expect(log.reads.every(({ search }) => search === '77')).toBe(true);
});

it('a request that is refused for now is repeated when the server permits it', async () => {
  const log = new FakeLog();
  log.lines = ['a'];
  log.failure = new ApiError(
    { type: 'urn:headrace:problem:busy', title: 'x', status: 429, detail: 'x' },
    10_000,
  );
  const reader = new LogReader(log.read);
  const started = reader.start({ at: 'end' });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(log.reads).toHaveLength(1);
  expect(reader.snapshot().error).toBe(log.failure);
  log.failure = null;
  await vi.advanceTimersByTimeAsync(1);
  await started;
  expect(textsOf(reader)).toEqual(['a']);
  expect(reader.snapshot().error).toBeNull();
});

it('a lost connection keeps the lines and is retried', async () => {
  const log = new FakeLog();
  log.lines = ['a'];
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  log.failure = new ConnectionError(new TypeError('x'));
  await vi.advanceTimersByTimeAsync(3000);
  expect(reader.snapshot().error).toBe(log.failure);
  expect(textsOf(reader)).toEqual(['a']);
  log.failure = null;
  log.lines.push('b');
  await vi.advanceTimersByTimeAsync(3000);
  expect(textsOf(reader)).toEqual(['a', 'b']);
});

it('a log that does not exist is requested once', async () => {
  const log = new FakeLog();
  log.failure = new ApiError({ type: 'x', title: 'x', status: 404, detail: 'no attempt yet' });
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.reads).toHaveLength(1);
  expect(reader.snapshot().error).toBe(log.failure);
});

it('a closed reader requests nothing', async () => {
  const log = new FakeLog();
  const reader = await open(log, { at: 'end' });
  reader.follow(true);
  reader.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.reads).toHaveLength(1);
});

it('the log of a run has the number of steps that it leaves out', async () => {
  const reader = new LogReader(
    async () => ({
      ...{ lines: [], next: '0', previous: null, hasMore: false, complete: true },
      omittedCalls: 12,
    }),
    {},
  );
  await reader.start({ at: 'end' });
  expect(reader.snapshot().omittedCalls).toBe(12);
});

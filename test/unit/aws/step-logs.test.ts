/**
 * The log of an attempt in a function, in a stream that it shares with other invocations.
 *
 * @module
 */
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it, vi } from 'vitest';
import {
  nameInvocationLog,
  readInvocationLog,
} from '../../../src/aws/observability/invocation-log.ts';
import { createStepLogs } from '../../../src/aws/observability/step-logs.ts';
import { lastLogLine } from '../../../src/model/container.ts';
import { LogCursorError } from '../../../src/ports/logs.ts';

const LOG = { group: '/aws/lambda/quick', stream: '2026/11/29/[1]a', request: 'r-2' };
const NAME = nameInvocationLog({ ...LOG, startedAt: 1_000_000 });
const before = [
  'INIT_START',
  'START RequestId: r-1 Version: 1',
  'of another',
  'END RequestId: r-1',
];
const own = ['START RequestId: r-2 Version: 1', 'one', 'two', 'three'];
const after = ['END RequestId: r-2', 'REPORT RequestId: r-2', 'START RequestId: r-3', 'of a third'];

const ENDED_AT = 5_000_000;
const ENDED = { ended: true, endedAt: ENDED_AT };

/** Lines as CloudWatch returns them: a token for each position, which repeats at the end. */
function logsWith(lines: string[] | undefined, name = NAME, clock = { now: () => ENDED_AT }) {
  const client = new CloudWatchLogsClient({ region: 'eu-west-1' });
  const inputs: GetLogEventsCommand['input'][] = [];
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (!(command instanceof GetLogEventsCommand)) throw new Error('unexpected command');
    const { nextToken = 'f/0', limit = 10 } = command.input;
    inputs.push(command.input);
    if (lines === undefined) throw new ResourceNotFoundException({ message: '', $metadata: {} });
    const position = /^f\/(\d+)$/.exec(nextToken)?.[1];
    if (position === undefined) throw new InvalidParameterException({ message: '', $metadata: {} });
    const page = lines.slice(Number(position), Number(position) + limit);
    return {
      events: page.map((message) => ({ timestamp: 5, message: `${message}\n` })),
      nextForwardToken: `f/${Number(position) + page.length}`,
    };
  });
  const logs = createStepLogs({ client, group: 'containers', clock });
  return {
    inputs,
    mayNameStreamLater: logs.mayNameStreamLater,
    read: (from: string | null, limit = 3) => logs.read(name, { from, limit, ...ENDED }),
    /** All lines, and the last cursor. */
    async readAll(from: string | null, limit: number) {
      const found: string[] = [];
      let next = from;
      for (let pages = 0; pages < 50; pages += 1) {
        const page = await logs.read(name, { from: next, limit, ...ENDED });
        found.push(...page.lines.map(({ text }) => text));
        next = page.next;
        if (!page.more) return { found, next };
      }
      throw new Error('the log has no end');
    },
  };
}

describe('the log of an invocation', () => {
  it.each([1, 2, 3, 5, 100])(
    'has the lines between its markers only, in pages of %i lines',
    async (limit) => {
      const { found } = await logsWith([...before, ...own, ...after]).readAll(null, limit);
      expect(found).toEqual(['one', 'two', 'three']);
    },
  );

  it('is read in the group and stream that its name holds, from its start on', async () => {
    const { inputs, read } = logsWith([...before, ...own]);
    await read(null);
    expect(inputs[0]).toMatchObject({
      logGroupName: LOG.group,
      logStreamName: LOG.stream,
      startTime: 940_000,
      startFromHead: true,
    });
  });

  it('continues with the lines that a running attempt writes later', async () => {
    const lines = [...before, ...own.slice(0, 2)];
    const { readAll } = logsWith(lines);
    const first = await readAll(null, 3);
    expect(first.found).toEqual(['one']);
    lines.push(...own.slice(2), ...after);
    expect((await readAll(first.next, 3)).found).toEqual(['two', 'three']);
  });

  it('has no lines before it starts, and none after its end', async () => {
    const lines: string[] = [];
    const { readAll } = logsWith(lines);
    const empty = await readAll(null, 5);
    lines.push(...before, ...own, ...after);
    expect(empty.found).toEqual([]);
    const ended = await readAll(empty.next, 5);
    expect(ended.found).toEqual(['one', 'two', 'three']);
    lines.push('later');
    expect(await readAll(ended.next, 5)).toEqual({ found: [], next: ended.next });
  });

  it('a stream that does not exist yet has no lines', async () => {
    const { read } = logsWith(undefined);
    const page = await read(null);
    expect(page).toMatchObject({ lines: [], more: false });
    expect(await read(page.next)).toEqual(page);
  });

  it.each(['f/3', '=no position', '?f/3', ''])(
    'the damaged cursor "%s" is an error',
    async (cursor) => {
      await expect(logsWith([...before, ...own]).read(cursor)).rejects.toThrow(LogCursorError);
    },
  );
});

describe('the end of a log', () => {
  const STREAM = 'job/default/0123';

  it.each([
    ['a function', NAME, [...before, ...own.slice(0, 2)], ['two', 'three']],
    ['a container', STREAM, ['one'], ['two', 'three']],
  ])(
    'the log of %s that receives lines late is incomplete until 15 seconds after the end of the attempt',
    async (_, name, received, late) => {
      let now = ENDED_AT;
      const lines = [...received];
      const { read } = logsWith(lines, name, { now: () => now });
      const first = await read(null, 10);
      expect(first.lines.map(({ text }) => text)).toEqual(['one']);
      expect(first.complete).toBe(false);
      lines.push(...late);
      now += 14_999;
      const second = await read(first.next, 10);
      expect(second.lines.map(({ text }) => text)).toEqual(['two', 'three']);
      expect(second.complete).toBe(false);
      now += 1;
      expect(await read(second.next, 10)).toMatchObject({ lines: [], complete: true });
    },
  );

  it.each([
    ['a function', NAME],
    ['a container', STREAM],
  ])(
    'the log of %s without a stream is incomplete until 15 seconds after the end of the attempt',
    async (_, name) => {
      let now = ENDED_AT + 14_999;
      const { read, mayNameStreamLater } = logsWith(undefined, name, { now: () => now });
      const first = await read(null);
      expect(first).toMatchObject({ lines: [], more: false, complete: false });
      expect(mayNameStreamLater?.(ENDED_AT)).toBe(true);
      now += 1;
      expect(await read(first.next)).toMatchObject({ lines: [], more: false, complete: true });
      expect(mayNameStreamLater?.(ENDED_AT)).toBe(false);
    },
  );

  it.each([
    ['a function', NAME, own[0], 'END RequestId: r-2'],
    ['a container', STREAM, 'zero', lastLogLine(STREAM)],
  ])(
    'the log of %s is complete as soon as its last line was read, and does not show it',
    async (_, name, start, last) => {
      const { read } = logsWith([start ?? '', 'one', last, 'of another'], name);
      const page = await read(null, 10);
      expect(page).toMatchObject({ more: false, complete: true });
      expect(page.lines.at(-1)?.text).toBe('one');
      expect(await read(page.next, 10)).toMatchObject({ lines: [], more: false, complete: true });
    },
  );

  it('the last line of a container follows a line without a line end', async () => {
    const { read } = logsWith([`50 %${lastLogLine(STREAM)}`], STREAM);
    expect(await read(null, 10)).toMatchObject({ lines: [{ text: '50 %' }], complete: true });
  });

  it('the log of a running attempt is incomplete, however old its lines are', async () => {
    const client = new CloudWatchLogsClient({ region: 'eu-west-1' });
    vi.spyOn(client, 'send').mockImplementation(async () => ({ events: [] }));
    const logs = createStepLogs({ client, group: 'containers', clock: { now: Date.now } });
    expect(await logs.read(STREAM, { from: null, limit: 1, ended: false })).toMatchObject({
      complete: false,
    });
  });
});

describe('the name of an invocation log', () => {
  it('is read as it was written, and the name of a container’s stream is none', () => {
    expect(readInvocationLog(NAME)).toEqual({ ...LOG, startedAt: 1_000_000 });
    for (const name of ['job/default/0123', 'a|b|c', `${NAME}|more`])
      expect(readInvocationLog(name)).toBeUndefined();
  });
});

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

/** Lines as CloudWatch returns them: a token for each position, which repeats at the end. */
function logsWith(lines: string[] | undefined) {
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
  const logs = createStepLogs({ client, group: 'containers' });
  return {
    inputs,
    read: (from: string | null, limit = 3) => logs.read(NAME, { from, limit, ended: true }),
    /** All lines, and the last cursor. */
    async readAll(from: string | null, limit: number) {
      const found: string[] = [];
      let next = from;
      for (let pages = 0; pages < 50; pages += 1) {
        const page = await logs.read(NAME, { from: next, limit, ended: true });
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

describe('the name of an invocation log', () => {
  it('is read as it was written, and the name of a container’s stream is none', () => {
    expect(readInvocationLog(NAME)).toEqual({ ...LOG, startedAt: 1_000_000 });
    for (const name of ['job/default/0123', 'a|b|c', `${NAME}|more`])
      expect(readInvocationLog(name)).toBeUndefined();
  });
});

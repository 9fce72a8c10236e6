/** The end of a log in CloudWatch, its limits, and what other invocations write. */
import { ThrottlingException } from '@aws-sdk/client-cloudwatch-logs';
import { expect, it, vi } from 'vitest';
import { nameInvocationLog } from '../../../src/aws/observability/invocation-log.ts';
import { createStepLogs } from '../../../src/aws/observability/step-logs.ts';
import { lastLogLine } from '../../../src/model/container.ts';
import { LogCursorError, type LogPage, LogsBusyError } from '../../../src/ports/logs.ts';
import { createCloudWatch } from './cloudwatch.ts';

const STREAM = 'job/default/0123';
const FUNCTION = nameInvocationLog({
  ...{ group: '/aws/lambda/quick', stream: 's', request: 'r-2' },
  startedAt: 1_000,
});
const ENDED_AT = 100_000;

function logOf(messages: readonly string[], stream = STREAM, perMs = 1) {
  const cloudWatch = createCloudWatch(
    messages.map((message, n) => ({ timestamp: 1_000 + Math.floor(n / perMs), message })),
  );
  let now = ENDED_AT;
  const logs = createStepLogs({
    client: cloudWatch.client,
    group: 'containers',
    clock: { now: () => now },
  });
  return {
    cloudWatch,
    logs,
    wait: (ms: number) => {
      now += ms;
    },
    backward: (limit: number, from: string | null = null, ended = true) =>
      logs.read(stream, {
        ...{ from, limit, ended, direction: 'backward' },
        ...(ended ? { endedAt: ENDED_AT } : {}),
      }),
  };
}
const textsOf = ({ lines }: LogPage) => lines.map(({ text }) => text);
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n}`);

it('the end of a container log of 100,000 lines costs one request', async () => {
  const { backward, cloudWatch } = logOf([...numbered(100_000), lastLogLine(STREAM)]);
  const page = await backward(1000);
  expect(textsOf(page).at(-1)).toBe('line 99999');
  expect(page).toMatchObject({ complete: true, more: true });
  expect(page.lines.length).toBeGreaterThanOrEqual(999);
  expect(cloudWatch.inputs).toHaveLength(1);
});

it('the whole of a short log is read from its end', async () => {
  const { backward } = logOf(['zero', 'one', `two${lastLogLine(STREAM)}`]);
  const page = await backward(10);
  expect(textsOf(page)).toEqual(['zero', 'one', 'two']);
  expect(page).toMatchObject({ complete: true, more: false, previous: null });
  const { lines } = await backward(10, page.lines[2]?.position);
  expect(lines.map(({ text }) => text)).toEqual(['zero', 'one']);
});

it('a response with less than the requested events, by its size, is continued before it', async () => {
  const { backward } = logOf(Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(100_000, '.')));
  const found: string[] = [];
  for (let from: string | null = null, more = true; more; ) {
    const page: LogPage = await backward(40, from);
    found.unshift(...textsOf(page).map((text) => text.replace(/\..*/, '')));
    ({ previous: from, more } = page);
  }
  expect(found).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
});

it.each([2, 3])('empty responses, each %i-th, leave no line out', async (emptyEvery) => {
  const { backward, cloudWatch, logs } = logOf(numbered(25));
  cloudWatch.emptyEvery = emptyEvery;
  const forward: string[] = [];
  for (let from: string | null = null, more = true; more; ) {
    const page = await logs.read(STREAM, { from, limit: 4, ended: false });
    forward.push(...textsOf(page));
    ({ next: from, more } = page);
  }
  expect(forward).toEqual(numbered(25));
  const found: string[] = [];
  for (let from: string | null = null, more = true; more; ) {
    const page: LogPage = await backward(4, from);
    found.unshift(...textsOf(page));
    ({ previous: from, more } = page);
  }
  expect(found).toEqual(numbered(25));
});

it('more lines of one millisecond than a page has are all read', async () => {
  const { backward } = logOf(numbered(30), STREAM, 1000);
  const found: string[] = [];
  for (let from: string | null = null, more = true; more; ) {
    const page: LogPage = await backward(7, from);
    found.unshift(...textsOf(page));
    ({ previous: from, more } = page);
  }
  expect(found).toEqual(numbered(30));
});

const foreign = (request: string, count: number) => [
  `START RequestId: ${request} Version: 1`,
  ...numbered(count).map((line) => `${request} ${line}`),
  `END RequestId: ${request}`,
  `REPORT RequestId: ${request}`,
];

it.each([1, 2, 5, 100])(
  'the end of an invocation has only its lines, in pages of %i lines, between other invocations',
  async (limit) => {
    const { backward } = logOf(
      [...foreign('r-1', 3), ...foreign('r-2', 9), ...foreign('r-3', 12)],
      FUNCTION,
      2,
    );
    const found: string[] = [];
    for (let from: string | null = null, more = true, pages = 0; more; pages += 1) {
      if (pages > 100) throw new Error('the log has no start');
      const page: LogPage = await backward(limit, from);
      found.unshift(...textsOf(page));
      ({ previous: from, more } = page);
    }
    expect(found).toEqual(numbered(9).map((line) => `r-2 ${line}`));
  },
);

it('the last lines of an invocation that runs are followed from the end', async () => {
  const running = foreign('r-2', 4).slice(0, -2);
  const { backward, cloudWatch, logs } = logOf([...foreign('r-1', 2), ...running], FUNCTION);
  const page = await backward(2, null, false);
  expect(textsOf(page)).toEqual(['r-2 line 2', 'r-2 line 3']);
  cloudWatch.events?.push(
    { timestamp: 2_000, message: 'r-2 later' },
    { timestamp: 2_001, message: 'END RequestId: r-2' },
    { timestamp: 2_002, message: 'START RequestId: r-3' },
    { timestamp: 2_003, message: 'r-3 line' },
  );
  const later = await logs.read(FUNCTION, { from: page.next, limit: 10, ended: true });
  expect(textsOf(later)).toEqual(['r-2 later']);
  expect(later.complete).toBe(true);
});

it('an invocation whose end is not on record does not have the lines of the next one', async () => {
  const killed = foreign('r-2', 2).slice(0, -2);
  const { backward } = logOf([...killed, ...foreign('r-3', 3)], FUNCTION);
  expect(textsOf(await backward(50))).toEqual(['r-2 line 0', 'r-2 line 1']);
});

it('a refusal because of the rate states when the request can be repeated', async () => {
  const { backward, cloudWatch } = logOf([]);
  vi.spyOn(cloudWatch.client, 'send').mockImplementation(async () => {
    throw new ThrottlingException({ message: 'Rate exceeded', $metadata: {} });
  });
  const error = await backward(5).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LogsBusyError);
  expect(error).toMatchObject({ retryAfterSeconds: 2 });
});

it.each(['f/3', '1.', '.1', '1.1.1', '=1.1', '', '999999999999999999.0'])(
  'the damaged position "%s" is an error',
  async (from) => {
    await expect(logOf(['one']).backward(5, from)).rejects.toThrow(LogCursorError);
  },
);

/** The suite of logs on each store. */
import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { nameInvocationLog } from '../../src/aws/observability/invocation-log.ts';
import { createStepLogs } from '../../src/aws/observability/step-logs.ts';
import { createFileLogs } from '../../src/local/file-logs.ts';
import { createCloudWatch } from '../unit/aws/cloudwatch.ts';
import { describeLogs, type LogsUnderTest } from './logs.ts';
import { createMemoryLogs } from './memory-logs.ts';

describeLogs('memory', async (lines) => {
  const all = [...lines];
  return {
    logs: createMemoryLogs({ log: all }),
    stream: 'log',
    append: async (more) => void all.push(...more),
  };
});

describeLogs('files', async (lines) => {
  const home = await mkdtemp(join(tmpdir(), 'headrace-logs-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'logs/run'), { recursive: true });
  const append = async (more: readonly string[]) =>
    await appendFile(join(home, 'logs/run/1.log'), more.map((line) => `${line}\n`).join(''));
  await append(lines);
  return { logs: createFileLogs(home), stream: 'logs/run/1.log', append };
});

/** Three lines have one time, so that pages end within a millisecond. */
const LINES_PER_MS = 3;

async function cloudWatchLog(
  lines: readonly string[],
  stream: string,
  marks: { readonly first: readonly string[]; readonly last: readonly string[] },
): Promise<LogsUnderTest> {
  const texts = [...marks.first, ...lines];
  const eventsOf = (all: readonly string[]) =>
    all.map((message, n) => ({ timestamp: 1_000 + Math.floor(n / LINES_PER_MS), message }));
  const cloudWatch = createCloudWatch(eventsOf([...texts, ...marks.last]));
  const clock = { now: () => 5_000 };
  return {
    logs: createStepLogs({ client: cloudWatch.client, group: 'containers', clock }),
    stream,
    async append(more) {
      texts.push(...more);
      cloudWatch.events = eventsOf([...texts, ...marks.last]);
    },
  };
}

const STREAM = 'job/default/0123';
describeLogs('CloudWatch, of a container that runs', (lines) =>
  cloudWatchLog(lines, STREAM, { first: [], last: [] }),
);

const INVOCATION = { group: '/aws/lambda/quick', stream: 'a', request: 'r-2', startedAt: 1_000 };
describeLogs('CloudWatch, of a function that runs', (lines) =>
  cloudWatchLog(lines, nameInvocationLog(INVOCATION), {
    first: ['START RequestId: r-1', 'of another', 'END RequestId: r-1', 'START RequestId: r-2'],
    last: [],
  }),
);

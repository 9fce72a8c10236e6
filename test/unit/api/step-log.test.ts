/** The log of an attempt behind the API: pages in both directions, searches, refusals. */
import { expect, it } from 'vitest';
import { type Logs, LogsBusyError } from '../../../src/ports/logs.ts';
import { logPageSchema } from '../../../src/wire/logs.ts';
import { createMemoryLogs } from '../../conformance/memory-logs.ts';
import { aCompletedStep, anAttempt } from '../../conformance/records.ts';
import { aRun, commit } from './answers-harness.ts';
import { anApi, registered } from './harness.ts';

const LINES = Array.from({ length: 9000 }, (_, n) => `${n % 10 === 0 ? 'WARN' : 'INFO'} line ${n}`);

async function aLog(logs: Logs = createMemoryLogs({ log: LINES })) {
  const harness = await anApi({ logs });
  await registered(harness);
  const run = await aRun(harness);
  const attempt = { ...anAttempt(1), logStream: 'log', endedAt: 4_000 };
  await commit(
    harness,
    run,
    { created: [aCompletedStep(0, { attempts: [attempt] })] },
    { callCount: 1 },
  );
  const get = (query: string) => harness.request('GET', `/v1/runs/${run}/steps/0/logs?${query}`);
  return {
    get,
    async read(query: string) {
      const { status, body } = await get(query);
      expect({ status, body }).toMatchObject({ status: 200 });
      const page = logPageSchema.parse(body);
      return { ...page, texts: page.lines.map(({ text }) => text) };
    },
  };
}

it('the end of a log is one request, and the lines before it are read with `previous`', async () => {
  const { read } = await aLog();
  const end = await read('from=end&limit=5000');
  expect(end.texts).toEqual(LINES.slice(-5000));
  expect(end).toMatchObject({ hasMore: true, complete: true });
  const before = await read(`cursor=${end.previous}&direction=backward&limit=5000`);
  expect(before.texts).toEqual(LINES.slice(0, 4000));
  expect(before).toMatchObject({ hasMore: false, previous: null });
  expect((await read(`cursor=${end.next}`)).lines).toEqual([]);
});

it('a link to a line shows the lines around it', async () => {
  const { read } = await aLog();
  const [hit] = (await read('search=line+4321')).lines;
  expect(hit).toMatchObject({ text: 'INFO line 4321', level: 'info' });
  expect((await read(`position=${hit?.position}&limit=2`)).texts).toEqual([
    'INFO line 4321',
    'INFO line 4322',
  ]);
  expect((await read(`position=${hit?.position}&direction=backward&limit=1`)).texts).toEqual([
    'WARN line 4320',
  ]);
});

it('a search from the end returns the last lines that match', async () => {
  const { read } = await aLog();
  const page = await read('from=end&search=line&level=warn&limit=2');
  expect(page.texts).toEqual(['WARN line 8980', 'WARN line 8990']);
  const before = await read(
    `cursor=${page.previous}&direction=backward&search=LINE&level=warn&limit=1`,
  );
  expect(before.texts).toEqual(['WARN line 8970']);
});

it('a page whose lines grow in a response has fewer of them, and the rest follows', async () => {
  const lines = Array.from({ length: 40 }, (_, n) => `${n} ${'\0'.repeat(50_000)}`);
  const { read } = await aLog(createMemoryLogs({ log: lines }));
  const found: string[] = [];
  for (let query = 'limit=40', more = true; more; ) {
    const page = await read(query);
    found.push(...page.texts);
    query = `limit=40&cursor=${page.next}`;
    more = page.hasMore;
  }
  expect(found).toEqual(lines);
  const end = await read('from=end&limit=40');
  expect(end.texts).toEqual(lines.slice(-end.lines.length));
  const before = await read(`cursor=${end.previous}&direction=backward&limit=1`);
  expect(before.texts).toEqual([lines[39 - end.lines.length]]);
});

it.each([
  ['limit=5001', 'limit'],
  ['limit=0', 'limit'],
  ['from=middle', 'from'],
  ['from=end&direction=forward', 'direction'],
  ['from=start&position=3', 'from'],
  ['position=', 'position'],
  [`search=${'x'.repeat(501)}`, 'search'],
  ['level=loud', 'level'],
  ['cursor=x', 'cursor'],
])('%s is refused, and the field is named', async (query, field) => {
  const { get } = await aLog();
  const { status, body } = await get(query);
  expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

it('a position that is none is refused', async () => {
  const { get } = await aLog();
  expect((await get('position=nowhere')).status).toBe(400);
});

it('a busy store is answered with 429 and the time after which to try again', async () => {
  const { get } = await aLog({
    pagesPerSearch: 1,
    callsPerRunLog: 9,
    read: async () => Promise.reject(new LogsBusyError(2)),
  });
  const { status, headers, body } = await get('');
  expect({ status, body }).toMatchObject({ status: 429, body: { title: 'Too many requests' } });
  expect(headers.get('retry-after')).toBe('2');
});

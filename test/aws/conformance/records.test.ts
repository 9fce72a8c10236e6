/**
 * Tests of the ports on DynamoDB that the conformance suite does not contain: throttled tables,
 * large commits, abort requests outside of commits, expiry, old documents.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { CACHE_TABLE, TASKS_TABLE } from '../../../src/aws/deployment/table-schemas.ts';
import { DICTIONARY_1 } from '../../../src/aws/dynamodb/dictionary.ts';
import { decodeDocument, encodeDocument } from '../../../src/aws/dynamodb/documents.ts';
import { Table, TableBusyError, text } from '../../../src/aws/dynamodb/table.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { StaleRunError, type Timer } from '../../../src/ports/tasks.ts';
import { newRunId } from '../../../src/submit/run-id.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import {
  aCommit,
  aCompletedStep,
  aHead,
  anEntry,
  anInfo,
  aStep,
  runId,
  sleepEnded,
} from '../../conformance/records.ts';
import { RETENTION } from '../harness/settings.ts';
import { CLOCK } from './dynamo.ts';
import { faultyClient, ProcessCrashedError } from './faulty-client.ts';

const id = runId(1);

function aTable() {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('tasks', TASKS_TABLE);
  return dynamo;
}

const writer = (dynamo: MemoryDynamo, client = dynamo.client(), clock = CLOCK) =>
  createDynamoTasks({ client, table: 'tasks', role: 'writer', retention: RETENTION, clock });

/** A client whose table leaves the first key of a batch unprocessed, `times` times. */
function throttledClient(dynamo: MemoryDynamo, times: number) {
  const client = dynamo.client();
  const send = client.send.bind(client);
  let remaining = times;
  const throttled = async (command: Parameters<typeof send>[0]) => {
    if (!(command instanceof BatchGetItemCommand) || remaining === 0) return send(command);
    remaining -= 1;
    const [[table = '', { Keys: keys = [] }] = ['', { Keys: [] }]] = Object.entries(
      command.input.RequestItems ?? {},
    );
    const [first = {}, ...others] = keys;
    const found =
      others.length === 0
        ? {}
        : await send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: others } } }));
    return { ...found, UnprocessedKeys: { [table]: { Keys: [first] } } };
  };
  Object.defineProperty(client, 'send', { value: throttled });
  return client;
}

const keys = Array.from({ length: 250 }, (_, n) => ({ pk: 'p', sk: `${n}` }));

test('keys that a throttled table leaves unprocessed are read again', async () => {
  const dynamo = aTable();
  const table = new Table(throttledClient(dynamo, 5), 'tasks');
  for (const key of keys) await table.put(key, { v: text(key.sk) });
  const items = await table.getMany(keys);
  expect(items.map((item) => item.v?.S).sort()).toEqual(keys.map(({ sk }) => sk).sort());
});

test('reads of a table that stays throttled fail instead of returning an incomplete result', async () => {
  const table = new Table(throttledClient(aTable(), Number.POSITIVE_INFINITY), 'tasks');
  await expect(table.getMany(keys.slice(0, 2))).rejects.toThrow(TableBusyError);
});

test('the parts of a commit above the item size are valid only with the commit, and parts of a rejected commit are ignored', async () => {
  const dynamo = aTable();
  const noise = () => randomBytes(3000).toString('base64');
  const created = Array.from({ length: 400 }, (_, call) =>
    aStep(call, { args: { data: { format: 'json', text: noise() }, refs: [] } }),
  );
  const large = aCommit(aHead(id), {
    created,
    events: created.map(({ call }) => sleepEnded(call)),
  });
  const { client, calls } = faultyClient(dynamo.client(), { fault: 'throttled', at: -1 });
  await writer(dynamo, client).createRun(anInfo(id), aHead(id));
  const before = calls();
  for (let at = before; ; at += 1) {
    const crashing = faultyClient(dynamo.client(), { fault: 'crash before', at: at - before + 1 });
    const outcome = await writer(dynamo, crashing.client)
      .commit(id, large)
      .then(
        () => 'done',
        (error: unknown) => (error instanceof ProcessCrashedError ? 'crashed' : error),
      );
    expect(outcome).toBe('crashed');
    const run = await writer(dynamo).run(id);
    if (run?.head.revision === 1) break;
    expect(run?.head).toEqual(aHead(id));
    expect(
      await createDynamoQueries({
        client: dynamo.client(),
        table: 'tasks',
        retention: RETENTION,
        clock: CLOCK,
      }).allSteps(id),
    ).toEqual([]);
  }
  const other = writer(dynamo);
  expect(await other.steps(id, [399, 0])).toEqual([created[399], created[0]]);
  await expect(writer(dynamo).commit(id, large)).rejects.toThrow(StaleRunError);
  const next = aCommit(large.head, { changed: [aCompletedStep(7)] }, { status: 'running' });
  await other.commit(id, next);
  expect(await writer(dynamo).steps(id, [7, 399])).toEqual([aCompletedStep(7), created[399]]);
  expect(await writer(dynamo).events(id, 398, 9)).toEqual([sleepEnded(398), sleepEnded(399)]);
  expect(dynamo.reset().largest).toBeLessThan(400 * 1024);
});

test('an abort request stored outside of commits is found by the next reader, and not again after a resume', async () => {
  const dynamo = aTable();
  const tasks = writer(dynamo);
  const { head } = await tasks.createRun(anInfo(id), aHead(id));
  await createDynamoTasks({
    client: dynamo.client(),
    table: 'tasks',
    role: 'reader',
    retention: RETENTION,
    clock: CLOCK,
  }).requestAbort(id, 'wrong data');
  const requested = await tasks.run(id);
  expect(requested?.head).toEqual({ ...head, abortReason: 'wrong data' });
  await tasks.commit(id, aCommit(requested?.head ?? head, {}, { status: 'aborted' }));
  const cut = { eventCount: 0, commandCount: 0, callCount: 0 };
  await tasks.rewind(
    id,
    cut,
    aCommit({ ...head, revision: 1 }, {}, { status: 'running', generation: 1 }),
  );
  expect((await tasks.run(id))?.head.abortReason).toBeNull();
  expect((await writer(dynamo).run(id))?.head.abortReason).toBeNull();
  await tasks.requestAbort(runId(9), 'no such run');
});

test.each([1, 16])(
  'timers that a reader commits are set once by the next writer, with a checkpoint every %i commits',
  async (checkpointAfterCommits) => {
    const dynamo = aTable();
    const options = {
      client: dynamo.client(),
      table: 'tasks',
      retention: RETENTION,
      clock: CLOCK,
      checkpointAfterCommits,
    };
    const timer = { kind: 'sweep', subject: 0, generation: 1, at: 5 } as const;
    const reader = createDynamoTasks({ ...options, role: 'reader' });
    const { head } = await reader.createRun(anInfo(id), aHead(id));
    const first = aCommit(head, { timers: { set: [timer] } });
    await reader.commit(id, first);
    const second = aCommit(first.head, {}, { status: 'running' });
    await reader.commit(id, second);
    const set: Timer[] = [];
    const timers = {
      set: async (_: RunId, all: readonly Timer[]) => {
        set.push(...all);
      },
    };
    const controller = createDynamoTasks({ ...options, role: 'writer', timers });
    await controller.run(id);
    expect(set).toEqual([timer]);
    await controller.commit(id, aCommit(second.head));
    await controller.run(id);
    await createDynamoTasks({ ...options, role: 'writer', timers }).run(id);
    expect(set).toEqual([timer]);
  },
);

const DAY = 86_400_000;
const { createdAt } = anInfo(id);
const dayClock = (days: number) => ({ now: () => createdAt + days * DAY });

/** A new writer and a new list, on day `days` of the run. */
function onDay(dynamo: MemoryDynamo, days: number) {
  const clock = dayClock(days);
  const client = dynamo.client();
  const queries = createDynamoQueries({ client, table: 'tasks', retention: RETENTION, clock });
  return { tasks: writer(dynamo, client, clock), list: () => queries.runs({ limit: 9 }) };
}

test('a run that was not ended is retained until activeDays and runDays are over, and is not found later even while its items exist', async () => {
  const dynamo = aTable();
  await writer(dynamo).createRun(anInfo(id), aHead(id));
  const last = onDay(dynamo, RETENTION.activeDays + RETENTION.runDays);
  expect(await last.tasks.run(id)).toBeDefined();
  expect(await last.list()).toHaveLength(1);
  const late = onDay(dynamo, RETENTION.activeDays + RETENTION.runDays + 1);
  expect(await late.tasks.run(id)).toBeUndefined();
  await expect(late.tasks.commit(id, aCommit(aHead(id)))).rejects.toThrow(StaleRunError);
  expect(await late.list()).toEqual([]);
});

test.each([1, 16])(
  'the retention of a run counts from its end, and a resume starts it anew, with a checkpoint every %i commits',
  async (checkpointAfterCommits) => {
    const dynamo = aTable();
    const tasks = createDynamoTasks({
      client: dynamo.client(),
      table: 'tasks',
      role: 'writer',
      retention: RETENTION,
      clock: CLOCK,
      checkpointAfterCommits,
    });
    await tasks.createRun(anInfo(id), aHead(id));
    const endOn = (day: number) => ({ status: 'failed', endedAt: createdAt + day * DAY }) as const;
    const ended = aCommit(aHead(id), { created: [aStep(0)] }, endOn(2));
    await tasks.commit(id, ended);
    expect(await onDay(dynamo, 2 + RETENTION.runDays - 0.1).tasks.run(id)).toBeDefined();
    expect(await onDay(dynamo, 2 + RETENTION.runDays).tasks.run(id)).toBeUndefined();
    expect(await onDay(dynamo, 2 + RETENTION.runDays).list()).toEqual([]);
    const cut = { eventCount: 0, commandCount: 0, callCount: 1 };
    const resumed = aCommit(ended.head, {}, { status: 'running', generation: 1, endedAt: null });
    await tasks.rewind(id, cut, resumed);
    expect(await onDay(dynamo, 2 + RETENTION.runDays).tasks.run(id)).toBeDefined();
    await tasks.commit(id, aCommit(resumed.head, { created: [aStep(1)] }, endOn(29)));
    const last = onDay(dynamo, 29 + RETENTION.runDays - 0.1);
    expect(await last.tasks.steps(id, [0, 1])).toHaveLength(2);
    expect(await onDay(dynamo, 29 + RETENTION.runDays).tasks.run(id)).toBeUndefined();
  },
);

test('every item of a run expires after it, whenever it was written', async () => {
  const dynamo = aTable();
  await writer(dynamo).createRun(anInfo(id), aHead(id));
  const late = onDay(dynamo, 29).tasks;
  const text = randomBytes(400_000).toString('base64');
  await late.commit(
    id,
    aCommit(aHead(id), {
      created: [aStep(0, { args: { data: { format: 'json', text }, refs: [] } })],
      events: [sleepEnded(0)],
    }),
  );
  const expiries = dynamo
    .items('tasks')
    .filter(({ pk }) => pk?.S?.startsWith('R#') === true)
    .map(({ expiresAt }) => Number(expiresAt?.N) * 1000);
  const latest = createdAt + (RETENTION.activeDays + 1 + RETENTION.runDays) * DAY;
  expect(expiries.length).toBeGreaterThan(4);
  expect(expiries.filter((at) => !(at >= latest))).toEqual([]);
});

test('an entry of the cache is used for reuseDays from the creation of its run, even while its item exists', async () => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('cache', CACHE_TABLE);
  const run = newRunId(createdAt);
  const cacheOn = (days: number) =>
    createDynamoCache({
      client: dynamo.client(),
      table: 'cache',
      retention: RETENTION,
      clock: dayClock(days),
    });
  const entry = anEntry('k', { run, createdAt: createdAt + 20 * DAY });
  await cacheOn(20).acquire('k', { run, call: 0 });
  await cacheOn(20).publish(entry, { run, call: 0 });
  expect(await cacheOn(RETENTION.reuseDays - 1).entry('k')).toEqual(entry);
  expect(await cacheOn(RETENTION.reuseDays).entry('k')).toBeUndefined();
  expect(await cacheOn(RETENTION.reuseDays).entries({})).toEqual([]);
});

test('the dictionary of format 1 is unchanged: another byte would change the meaning of stored records', () => {
  expect(createHash('sha256').update(DICTIONARY_1).digest('hex')).toBe(
    '6b215be1ac17ee2cd155c5f3a25f4c19aafa33d09167b6240caba14c35942c0d',
  );
});

test('documents of format 1 are readable; a damaged document or one of a later format is an error', () => {
  const stored = Buffer.from('AatGrkZxtSWJK61qAQ==', 'base64');
  const content = { name: 'step', status: 'completed', values: [{ format: 'json', text: '1' }] };
  expect(decodeDocument(stored)).toEqual(content);
  expect(decodeDocument(encodeDocument(content))).toEqual(content);
  expect(
    decodeDocument(Buffer.concat([Buffer.of(0), Buffer.from(JSON.stringify(content))])),
  ).toEqual(content);
  expect(() => decodeDocument(Buffer.concat([stored.subarray(0, 4), Buffer.of(7)]))).toThrow(
    'a record of the table cannot be read',
  );
  expect(() => decodeDocument(Buffer.of(9, 1, 2))).toThrow('format 9');
});

test('all waiters of a lease are notified, and the next lease has its own waiters', async () => {
  const dynamo = new MemoryDynamo();
  dynamo.createTable('cache', CACHE_TABLE);
  const cache = createDynamoCache({
    client: dynamo.client(),
    table: 'cache',
    retention: RETENTION,
    clock: CLOCK,
  });
  const party = (call: number) => ({ run: id, call });
  await cache.acquire('k', party(0));
  await Promise.all(Array.from({ length: 500 }, (_, n) => cache.acquire('k', party(n + 1))));
  expect(await cache.publish(anEntry('k'), party(0))).toHaveLength(500);
  expect(await cache.acquire('k', party(3))).toEqual({ held: true });
  expect(await cache.acquire('k', party(4))).toEqual({ held: false, holder: party(3) });
  expect(await cache.release('k', party(0))).toEqual([]);
  expect(await cache.release('k', party(3))).toEqual([party(4)]);
  expect(dynamo.reset().largest).toBeLessThan(4096);
});

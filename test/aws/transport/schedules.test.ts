import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteScheduleCommand,
  GetScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDynamoRegistry } from '../../../src/aws/storage/pipeline-registry.ts';
import { createDynamoSchedules } from '../../../src/aws/storage/schedules.ts';
import { createDynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { timerName } from '../../../src/aws/timers/schedule-timers.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { scheduleSchema } from '../../../src/wire/schedules.ts';
import { aCommit, anInfo, runId } from '../../conformance/records.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { RETENTION } from '../harness/settings.ts';
import { eventOf, type FunctionsUnderTest, startFunctions } from './functions.ts';

const MINUTE = 60_000;
const PATH = '/v1/schedules/nightly?project=examples';

let emulator: Emulator;
let functions: FunctionsUnderTest;
let loaded: Awaited<ReturnType<FunctionsUnderTest['loadSchedules']>>;
let scheduler: SchedulerClient;
let dynamo: DynamoDBClient;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator?.stop());
beforeEach(async () => {
  functions = await startFunctions(emulator);
  loaded = await functions.loadSchedules();
  scheduler = new SchedulerClient(clientOptions(emulator));
  dynamo = new DynamoDBClient(clientOptions(emulator));
  await register('iris');
  await register('etl');
});
afterEach(() => functions?.close());

async function register(name: string): Promise<void> {
  const { code, declaration } = anInfo(runId(0), {
    declaration: pipelineDeclarationSchema.parse({ name, project: 'examples' }),
  });
  const signature = {
    style: 'positional' as const,
    parameters: [{ name: 'url', type: { kind: 'string' as const }, optional: false }],
    rest: false,
  };
  const content = {
    code: { ...code, signature },
    declaration,
    defaultQueue: null,
    createdAt: 0,
  };
  await createDynamoRegistry({ client: dynamo, table: loaded.settings.tasksTable }).register(
    { project: 'examples', name },
    '1.0.0',
    'c',
    false,
    content,
  );
}

const spec = (over: object = {}) => ({
  project: 'examples',
  pipeline: 'iris',
  name: 'nightly',
  args: { url: 'at {{due}}' },
  ...over,
});

async function post(over: object = {}, replace = false): Promise<Response> {
  return await loaded.request('/v1/schedules', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec: spec(over), replace }),
  });
}

async function timer() {
  try {
    return await scheduler.send(
      new GetScheduleCommand({
        GroupName: loaded.settings.firingGroup,
        Name: timerName({ project: 'examples', name: 'nightly' }),
      }),
    );
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** Sends the message to the queue of firings, and passes it to the function `times` times. */
async function deliver(message: object, times = 1) {
  await functions.send(functions.queues.firings, JSON.stringify(message), 'g');
  const messages = await functions.receiveAll(functions.queues.firings);
  let failures = 0;
  for (let n = 0; n < times; n += 1) {
    const { batchItemFailures } = await loaded.handler(eventOf(messages));
    failures = batchItemFailures.length;
  }
  await functions.remove(functions.queues.firings, messages);
  return failures;
}

const due = (at: number) => ({
  kind: 'due',
  project: 'examples',
  schedule: 'nightly',
  due: new Date(at).toISOString().replace('.000Z', 'Z'),
});

const stored = async () => scheduleSchema.parse(await (await loaded.request(PATH)).json());
const outcomes = async () => (await stored()).firings.map(({ status }) => status);
/** The last full minute. */
const lastMinute = () => Math.floor(Date.now() / MINUTE) * MINUTE;

/** The schedule as if it were added so long ago. */
async function addEarlier(ms: number, over: object): Promise<void> {
  expect((await post(over)).status).toBe(200);
  const schedules = createDynamoSchedules({ client: dynamo, table: loaded.settings.tasksTable });
  const schedule = await schedules.schedule({ project: 'examples', name: 'nightly' });
  if (schedule === undefined) throw new Error('the schedule is missing');
  const { revision, activeSince, position } = schedule;
  const earlier = {
    ...schedule,
    revision: revision + 1,
    activeSince: activeSince - ms,
    position: position - ms,
  };
  expect(await schedules.write(earlier, revision)).toBe(true);
}

describe('schedules of a deployment', () => {
  test('a schedule has a timer with its times and its time zone, which follows each change', async () => {
    expect((await post({ cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin' })).status).toBe(200);
    expect(await timer()).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'cron(0 3 ? * MON,TUE,WED,THU,FRI *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      Target: {
        Arn: loaded.settings.firingsArn,
        RoleArn: loaded.settings.firingRoleArn,
        Input: JSON.stringify({
          kind: 'due',
          project: 'examples',
          schedule: 'nightly',
          due: '<aws.scheduler.scheduled-time>',
        }),
        DeadLetterConfig: { Arn: loaded.settings.scheduleDeadLettersArn },
      },
    });
    expect((await post({ every: '90m' }, true)).status).toBe(200);
    expect(await timer()).toMatchObject({
      ScheduleExpression: 'rate(90 minutes)',
      ScheduleExpressionTimezone: 'UTC',
    });
    const change = (paused: boolean) =>
      loaded.request(PATH, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ paused }),
      });
    expect((await change(true)).status).toBe(200);
    expect(await timer()).toMatchObject({ State: 'DISABLED' });
    expect((await change(false)).status).toBe(200);
    expect(await timer()).toMatchObject({ State: 'ENABLED' });
    expect((await loaded.request(PATH, { method: 'DELETE' })).status).toBe(204);
    expect(await timer()).toBeUndefined();
    expect((await loaded.request(PATH, { method: 'DELETE' })).status).toBe(204);
  });

  test('a message of a timer starts one run, however often it is delivered', async () => {
    await addEarlier(10 * MINUTE, { cron: '* * * * *' });
    const at = lastMinute();
    expect(await deliver(due(at), 3)).toBe(0);
    expect(await deliver(due(at))).toBe(0);
    const { firings } = await stored();
    expect(firings).toMatchObject([{ status: 'started', due: new Date(at).toISOString() }]);
    const run = firings[0]?.run;
    if (run == null) throw new Error('no run was started');
    expect(await functions.tasks.run(run)).toMatchObject({
      info: { args: { url: `at ${new Date(at).toISOString()}` }, pipeline: 'iris' },
      head: { status: 'queued', tags: ['schedule:nightly'] },
    });
    const bodies = (await functions.receiveAll(functions.queues.transitions)).map(
      ({ Body = '' }) => Body,
    );
    expect(bodies).toEqual([expect.stringContaining(run)]);
  });

  test('a function that fails between the claim and the run continues with the same run', async () => {
    await addEarlier(10 * MINUTE, { cron: '* * * * *' });
    const body = due(lastMinute());
    const send = SQSClient.prototype.send;
    let refused = false;
    const refusing = vi.spyOn(SQSClient.prototype, 'send').mockImplementation(function (
      this: SQSClient,
      command: object,
    ) {
      if (command.constructor.name === 'SendMessageBatchCommand' && !refused) {
        refused = true;
        throw new Error('the queue is not available');
      }
      return Reflect.apply(send, this, [command]);
    });
    expect(await deliver(body)).toBe(1);
    refusing.mockRestore();
    const [claimed] = (await stored()).firings;
    expect(claimed).toMatchObject({ status: 'starting' });
    expect(await deliver(body)).toBe(0);
    expect((await stored()).firings).toMatchObject([{ status: 'started', run: claimed?.run }]);
  });

  test('a timer that contradicts the recorded schedule starts nothing, and is set again', async () => {
    await addEarlier(10 * MINUTE, { cron: '0 3 1 1 *' });
    await scheduler.send(
      new DeleteScheduleCommand({
        GroupName: loaded.settings.firingGroup,
        Name: timerName({ project: 'examples', name: 'nightly' }),
      }),
    );
    expect(await deliver(due(lastMinute()))).toBe(0);
    expect(await outcomes()).toEqual([]);
    expect(await timer()).toMatchObject({ ScheduleExpression: 'cron(0 3 1 1 ? *)' });
  });

  test('a timer whose schedule was removed is removed by its next message', async () => {
    await post({ cron: '* * * * *' });
    const send = SchedulerClient.prototype.send;
    const refusing = vi.spyOn(SchedulerClient.prototype, 'send').mockImplementation(function (
      this: SchedulerClient,
      command: object,
    ) {
      if (command instanceof DeleteScheduleCommand) throw new Error('the function ended');
      return Reflect.apply(send, this, [command]);
    });
    expect((await loaded.request(PATH, { method: 'DELETE' })).status).toBe(500);
    refusing.mockRestore();
    expect((await loaded.request(PATH)).status).toBe(404);
    expect(await timer()).toBeDefined();
    expect(await deliver(due(lastMinute()))).toBe(0);
    expect(await timer()).toBeUndefined();
  });

  test('the check starts what no timer reported, and reports what is too old as missed', async () => {
    await addEarlier(150 * MINUTE, { every: '60m' });
    expect(await deliver({ kind: 'check' }, 2)).toBe(0);
    expect(await outcomes()).toEqual(['started', 'missed']);
    expect(await deliver({ kind: 'check' })).toBe(0);
    expect(await outcomes()).toEqual(['started', 'missed']);
  });

  test('the end of a run fires the schedules that wait for it, once, also without its event', async () => {
    await addEarlier(30 * MINUTE, { after: { pipeline: 'etl' }, args: { url: '{{run}}' } });
    const ended = async (n: number, endedAt: number) => {
      const writer = createDynamoTasks({
        client: dynamo,
        table: loaded.settings.tasksTable,
        retention: RETENTION,
        role: 'writer',
      });
      const info = anInfo(runId(n), { pipeline: 'etl', createdAt: endedAt - MINUTE });
      const { head } = await writer.createRun(info, newHead(info));
      await writer.commit(info.id, aCommit(head, {}, { status: 'completed', endedAt }));
      return info.id;
    };
    const reported = await ended(1, Date.now() - 10 * MINUTE);
    const event = {
      source: 'headrace',
      'detail-type': 'Headrace Run Status Change',
      detail: { run: reported, status: 'completed' },
    };
    expect(await deliver(event, 2)).toBe(0);
    const lost = await ended(2, Date.now() - 9 * MINUTE);
    expect(await deliver({ kind: 'check' }, 2)).toBe(0);
    const { firings } = await stored();
    expect(firings.map(({ status, endedRun }) => [status, endedRun])).toEqual([
      ['started', lost],
      ['started', reported],
    ]);
  });

  test('a new object of a named bucket starts a run with its address', async () => {
    await addEarlier(MINUTE, {
      object: { bucket: 'uploads', prefix: 'in/', suffix: '.csv' },
      args: { url: '{{object}}' },
    });
    const event = (key: string) => ({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time: new Date().toISOString(),
      detail: { bucket: { name: 'uploads' }, object: { key, etag: 'e', sequencer: '01' } },
    });
    const created = event('in/a b.csv');
    expect(await deliver(created, 2)).toBe(0);
    expect(await deliver(created)).toBe(0);
    expect(await deliver(event('out/a.csv'))).toBe(0);
    expect((await stored()).firings).toMatchObject([
      { status: 'started', object: 's3://uploads/in/a b.csv' },
    ]);
    const refused = await post({ name: 'other', object: { bucket: 'unknown-bucket' } });
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('schedules: { buckets: […] }');
  });

  test('a message that is no firing fails alone, and reaches the undelivered messages', async () => {
    expect(await deliver({ kind: 'unknown' })).toBe(1);
  });
});

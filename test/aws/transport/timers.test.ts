import { randomBytes, randomUUID } from 'node:crypto';
import {
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { open } from '../../../src/aws/messages/envelope.ts';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import {
  createDelayQueue,
  createTimerScheduler,
  type TimerScheduler,
} from '../../../src/aws/timers/timer-scheduler.ts';
import type { Timer } from '../../../src/ports/tasks.ts';
import { runId } from '../../conformance/records.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { aQueue, type QueueUnderTest, silentLog } from './queue.ts';

const NOW = Date.parse('2026-11-22T12:00:00.250Z');
const MINUTE_MS = 60_000;
const DELAYS_ARN = 'arn:aws:sqs:us-east-1:000000000000:delays';
const run = runId(1);
const timer = (at: number, over: Partial<Timer> = {}): Timer => ({
  kind: 'sleep',
  subject: 0,
  generation: 0,
  at,
  ...over,
});

let emulator: Emulator;
let queue: QueueUnderTest;
let scheduler: SchedulerClient;
let group: string;
let timers: TimerScheduler;
const secret = randomBytes(32);
const delayed: { readonly seconds: number | undefined; readonly body: string }[] = [];

beforeAll(async () => {
  emulator = await startEmulator();
  scheduler = new SchedulerClient(clientOptions(emulator));
});
afterAll(() => emulator?.stop());

beforeEach(async () => {
  queue = await aQueue(emulator);
  group = `timers-${randomUUID()}`;
  await scheduler.send(new CreateScheduleGroupCommand({ Name: group }));
  delayed.length = 0;
  const clock = { now: () => NOW };
  const { client } = await aQueue(emulator);
  vi.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
    if (!(command instanceof SendMessageBatchCommand))
      throw new Error('only SendMessageBatch is expected');
    for (const { DelaySeconds, MessageBody = '' } of command.input.Entries ?? [])
      delayed.push({ seconds: DelaySeconds, body: MessageBody });
    return {};
  });
  timers = createTimerScheduler({
    delayQueue: createDelayQueue({ client, queueUrl: 'the queue of delays', secret, clock }),
    transitions: createSqsTransitions({ client: queue.client, queueUrl: queue.url, secret }),
    clock,
    secret,
    log: silentLog,
    scheduler: {
      client: scheduler,
      group,
      roleArn: 'arn:aws:iam::000000000000:role/schedules',
      delayQueueArn: DELAYS_ARN,
      deadLettersArn: 'arn:aws:sqs:us-east-1:000000000000:undelivered',
    },
  });
});

const schedules = async () =>
  (await scheduler.send(new ListSchedulesCommand({ GroupName: group }))).Schedules ?? [];
const sent = async () =>
  (
    await queue.client.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 }),
    )
  ).Messages ?? [];

describe('timers', () => {
  test.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [15 * MINUTE_MS, 900],
  ])('a timer of %s ms waits in the delay queue for %s s', async (delayMs, seconds) => {
    await timers.set(run, [timer(NOW + delayMs)]);
    expect(delayed.map((each) => each.seconds)).toEqual([seconds]);
    expect(open(delayed[0]?.body ?? '', secret)).toEqual({
      ok: true,
      transition: { kind: 'timer.fired', run, timer: 'sleep', subject: 0, generation: 0 },
      hops: 0,
      at: NOW + delayMs,
      deferrals: 0,
    });
    expect(await schedules()).toEqual([]);
  });

  test('a due timer fires at once, and once for each time for which it is set', async () => {
    await timers.set(run, [timer(NOW - 1)]);
    await timers.set(run, [timer(NOW - 1)]);
    await timers.set(run, [timer(NOW)]);
    expect(delayed).toEqual([]);
    expect(await sent()).toHaveLength(2);
  });

  test('a timer above 15 minutes is scheduled a minute early and targets the delay queue', async () => {
    const at = NOW + 15 * MINUTE_MS + 1;
    await timers.set(run, [timer(at)]);
    expect(delayed).toEqual([]);
    const [schedule] = await schedules();
    const found = await scheduler.send(
      new GetScheduleCommand({ GroupName: group, Name: schedule?.Name }),
    );
    expect(found).toMatchObject({
      ScheduleExpression: 'at(2026-11-22T12:14:00)',
      ActionAfterCompletion: 'DELETE',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: DELAYS_ARN },
    });
    expect(open(found.Target?.Input ?? '', secret)).toMatchObject({ ok: true, at });
  });

  test('a timer that is set again has the same schedule; another time has another schedule', async () => {
    const at = NOW + 60 * MINUTE_MS;
    await timers.set(run, [timer(at), timer(at, { subject: 1 })]);
    await timers.set(run, [timer(at)]);
    expect(await schedules()).toHaveLength(2);
    await timers.set(run, [timer(at + 1)]);
    expect(await schedules()).toHaveLength(3);
  });

  test('many timers that are due in a year can be set at once', async () => {
    const many = Array.from({ length: 25 }, (_, subject) =>
      timer(NOW + 365 * 24 * 60 * MINUTE_MS, { subject }),
    );
    await timers.set(run, [...many, timer(NOW + 5), timer(NOW)]);
    expect(await schedules()).toHaveLength(25);
    expect([delayed.length, (await sent()).length]).toEqual([1, 1]);
  });

  test('a timer whose schedule is refused waits in the delay queue, which the router repeats', async () => {
    vi.spyOn(scheduler, 'send').mockImplementationOnce(async () => {
      throw Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
    });
    const at = NOW + 24 * 60 * MINUTE_MS;
    await timers.set(run, [timer(at), timer(at, { subject: 1 })]);
    expect(await schedules()).toHaveLength(1);
    expect(delayed.map(({ seconds }) => seconds)).toEqual([900]);
    expect(open(delayed[0]?.body ?? '', secret)).toMatchObject({ ok: true, at });
  });
});

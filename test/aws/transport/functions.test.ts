import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { seal } from '../../../src/aws/messages/envelope.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { resultKey } from '../../../src/model/object-layout.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import {
  containerMessages,
  eventOf,
  type FunctionsUnderTest,
  startFunctions,
} from './functions.ts';

const HOUR_MS = 3_600_000;
const ONE_STEP = 'async function main() { return (await a(1)) + 1; }';

let emulator: Emulator;
let functions: FunctionsUnderTest;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator?.stop());
beforeEach(async () => {
  functions = await startFunctions(emulator);
});
afterEach(() => functions?.close());

const headOf = async (run: RunId) => (await functions.tasks.run(run))?.head;
const stepOf = async (run: RunId, call = 0) => (await functions.tasks.steps(run, [call]))[0];

async function startRun(run: RunId): Promise<void> {
  await functions.transitions.send([{ kind: 'run.created', run }]);
  await functions.drainTransitions();
}

/** Refuses all writes to the records of the run, until the returned function is called. */
function refuseWrites(run: RunId): () => void {
  const send = DynamoDBClient.prototype.send;
  const spy = vi.spyOn(DynamoDBClient.prototype, 'send').mockImplementation(function (
    this: DynamoDBClient,
    command: object,
  ) {
    if (command instanceof PutItemCommand && JSON.stringify(command.input).includes(run))
      throw new Error('the table is not available');
    return Reflect.apply(send, this, [command]);
  });
  return () => spy.mockRestore();
}

describe('the controller function', () => {
  test('the controller function moves a run from start to completion', async () => {
    const run = await functions.aRun(ONE_STEP);
    await startRun(run);
    expect(await headOf(run)).toMatchObject({ status: 'running' });
    const messages = containerMessages(await functions.executor.container(0), run, 0);
    await functions.runner.send([messages.started]);
    await functions.drainTransitions();
    expect(await stepOf(run)).toMatchObject({
      status: 'running',
      attempts: [{ owner: messages.identity.job }],
    });
    await functions.runner.send([messages.finished(41)]);
    await functions.drainTransitions();
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
  });

  test('a controller that handles every batch twice leads to the same result', async () => {
    const run = await functions.aRun(ONE_STEP);
    await functions.transitions.send([{ kind: 'run.created', run }]);
    await functions.drainTransitions(2);
    const messages = containerMessages(await functions.executor.container(0), run, 0);
    await functions.runner.send([messages.started, messages.finished(41)]);
    await functions.drainTransitions(2);
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
    expect(functions.executor.started).toHaveLength(1);
  });

  test('the controller function does not rely on message order', async () => {
    const run = await functions.aRun(ONE_STEP);
    await startRun(run);
    const messages = containerMessages(await functions.executor.container(0), run, 0);
    await functions.runner.send([messages.finished(41)]);
    await functions.runner.send([messages.started]);
    await functions.transitions.send([{ kind: 'run.created', run }]);
    await functions.drainTransitions();
    expect(await headOf(run)).toMatchObject({ status: 'completed' });
    expect((await stepOf(run))?.attempts).toHaveLength(1);
  });

  test('the controller function returns only the failed message of a batch with several runs', async () => {
    // Equal code would be loaded once for both.
    const other = ONE_STEP.replace('+ 1', '+ 2');
    const [one, two] = [await functions.aRun(other), await functions.aRun(ONE_STEP)];
    for (const run of [one, two]) await functions.transitions.send([{ kind: 'run.created', run }]);
    const messages = await functions.receiveAll(functions.queues.transitions);
    expect(messages).toHaveLength(2);
    await functions.objects.remove((await functions.tasks.run(one))?.info.code.logic.key ?? '');
    const acceptWrites = refuseWrites(two);
    const { batchItemFailures } = await functions.controller(eventOf(messages));
    const failed = messages.find(({ Attributes }) => Attributes?.MessageGroupId === two);
    expect(batchItemFailures).toEqual([{ itemIdentifier: failed?.MessageId }]);
    expect(await headOf(one)).toMatchObject({
      status: 'failed',
      error: { name: 'ObjectMissingError' },
    });
    acceptWrites();
    const again = await functions.controller(eventOf(messages));
    expect(again.batchItemFailures).toEqual([]);
    expect((await functions.executor.container(0)).plan.environment.HEADRACE_SPEC).toContain(two);
  });

  test('a redriven dead letter continues the run, and changes nothing when it arrives too late', async () => {
    const run = await functions.aRun(ONE_STEP);
    const acceptWrites = refuseWrites(run);
    await functions.transitions.send([{ kind: 'run.created', run }]);
    while ((await functions.drainTransitions()) > 0);
    acceptWrites();
    const [deadLetter, ...others] = await functions.receiveAll(functions.queues.deadLetters);
    expect(others).toEqual([]);
    expect(functions.executor.started).toEqual([]);

    await functions.send(functions.queues.transitions, deadLetter?.Body ?? '', run);
    await functions.drainTransitions();
    const messages = containerMessages(await functions.executor.container(0), run, 0);
    await functions.runner.send([messages.started, messages.finished(41)]);
    await functions.drainTransitions();
    const before = await headOf(run);
    expect(before).toMatchObject({ status: 'completed' });
    await functions.send(functions.queues.transitions, deadLetter?.Body ?? '', run);
    await functions.send(
      functions.queues.transitions,
      JSON.stringify({ v: 1, transition: messages.finished(0) }),
      run,
    );
    expect(await functions.drainTransitions()).toBe(0);
    expect(await headOf(run)).toEqual(before);
    expect(functions.executor.started).toHaveLength(1);
  });

  test('a forged message and a step message with another token change nothing', async () => {
    const run = await functions.aRun(ONE_STEP);
    await startRun(run);
    const messages = containerMessages(await functions.executor.container(0), run, 0);
    await functions.send(
      functions.queues.transitions,
      JSON.stringify({ v: 1, transition: { kind: 'run.abort', run, reason: 'forged' }, mac: 'x' }),
      run,
    );
    await functions.runner.send([{ ...messages.finished(0), token: 'guessed' }]);
    expect(await functions.drainTransitions()).toBe(0);
    expect(await headOf(run)).toMatchObject({ status: 'running', abortReason: null });
    expect(await stepOf(run)).toMatchObject({ status: 'queued' });
  });
});

describe('the router function', () => {
  const record = (messageId: string, body: string) => ({
    messageId,
    receiptHandle: messageId,
    body,
    attributes: { ApproximateReceiveCount: '1' },
  });
  const deliver = (...bodies: string[]) =>
    functions.router({ Records: bodies.map((body, index) => record(String(index), body)) });
  const completionEvent = async () => {
    await expect.poll(() => functions.batchEvents.length).toBe(1);
    return functions.batchEvents[0];
  };

  test('the router sends the completion of a failed job to its run', async () => {
    const run = await functions.aRun(ONE_STEP);
    await startRun(run);
    (await functions.executor.container(0)).end(3);
    await deliver(JSON.stringify(await completionEvent()));
    await functions.drainTransitions();
    expect(await headOf(run)).toMatchObject({ status: 'failed' });
    expect((await stepOf(run))?.attempts[0]).toMatchObject({
      exitCode: 3,
      reason: 'exited with code 3',
    });
  });

  test('the router finds the stored result of a job that sent no message', async () => {
    const run = await functions.aRun(ONE_STEP);
    await startRun(run);
    const container = await functions.executor.container(0);
    const messages = containerMessages(container, run, 0);
    await functions.objects.put(
      resultKey(`p/tests/data/${run}/0/1`, messages.identity.job),
      Buffer.from(JSON.stringify(messages.finished(41))),
    );
    container.end(80);
    await deliver(JSON.stringify(await completionEvent()));
    await functions.drainTransitions();
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
  });

  test('the router forwards due messages, delays early ones again, and drops forged ones', async () => {
    const run = await functions.aRun(
      'async function main() { await sleep(600 * 1000); return await a(1); }',
    );
    await startRun(run);
    expect(await headOf(run)).toMatchObject({ pendingSleepCount: 1 });
    const sleepEnd: Transition = {
      kind: 'timer.fired',
      run,
      timer: 'sleep',
      subject: 0,
      generation: 0,
    };
    const early = seal(sleepEnd, functions.secret, { at: Date.now() + HOUR_MS });
    const forged = seal(sleepEnd, Buffer.from('another secret'), { at: 0 });
    expect(await deliver(early, forged, 'nonsense')).toEqual({ batchItemFailures: [] });
    expect(await functions.receiveAll(functions.queues.transitions)).toEqual([]);

    const due = seal(sleepEnd, functions.secret, { at: Date.now() });
    expect(await deliver(due, due)).toEqual({ batchItemFailures: [] });
    const messages = await functions.receiveAll(functions.queues.transitions);
    expect(messages).toHaveLength(1);
    await functions.makeVisible(functions.queues.transitions, messages);
    await functions.drainTransitions();
    expect(await headOf(run)).toMatchObject({ pendingSleepCount: 0, callCount: 1 });
  });

  test('the router reports only the messages that it could not forward', async () => {
    const run = await functions.aRun(ONE_STEP);
    const good = seal({ kind: 'run.sweep', run, unknownJobsLost: false }, functions.secret, {
      at: 0,
    });
    const tooLarge = seal(
      { kind: 'run.abort', run, reason: 'x'.repeat(2 ** 21) },
      functions.secret,
      {
        at: 0,
      },
    );
    const records = [good, tooLarge].map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: 'r',
      body,
      attributes: { ApproximateReceiveCount: '1' },
    }));
    expect(await functions.router({ Records: records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    // What was sent with the other message may be sent again without it.
    const sent = await functions.receiveAll(functions.queues.transitions);
    expect(new Set(sent.map(({ Body }) => Body)).size).toBe(1);
  });
});

describe('the sweeper function', () => {
  test('the sweeper starts a run whose first message was lost and ignores a new run', async () => {
    const [old, young] = [await functions.aRun(ONE_STEP, HOUR_MS), await functions.aRun(ONE_STEP)];
    await functions.sweeper();
    await functions.drainTransitions();
    expect(await headOf(old)).toMatchObject({ status: 'running' });
    expect(await headOf(young)).toMatchObject({ status: 'queued' });
  });
});

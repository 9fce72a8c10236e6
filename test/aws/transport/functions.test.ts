import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seal } from '../../../src/aws/messages/envelope.ts';
import type { RunId } from '../../../src/model/ids.ts';
import { resultKey } from '../../../src/model/object-layout.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { eventOf, type FunctionsUnderTest, speaker, startFunctions } from './functions.ts';

const HOUR = 3_600_000;
const ONE_STEP = 'async function main() { return (await a(1)) + 1; }';

let emulator: Emulator;
let world: FunctionsUnderTest;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator?.stop());
beforeEach(async () => {
  world = await startFunctions(emulator);
});
afterEach(() => world?.close());

const headOf = async (run: RunId) => (await world.tasks.run(run))?.head;
const stepOf = async (run: RunId, call = 0) => (await world.tasks.steps(run, [call]))[0];

async function begun(run: RunId): Promise<void> {
  await world.transitions.send([{ kind: 'run.created', run }]);
  await world.pump();
}

describe('the controller’s function', () => {
  test('the controller function moves a run from start to completion', async () => {
    const run = await world.aRun(ONE_STEP);
    await begun(run);
    expect(await headOf(run)).toMatchObject({ status: 'running' });
    const said = speaker(await world.executor.container(0), run, 0);
    await world.runner.send([said.started]);
    await world.pump();
    expect(await stepOf(run)).toMatchObject({
      status: 'running',
      attempts: [{ owner: said.identity.job }],
    });
    await world.runner.send([said.finished(41)]);
    await world.pump();
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
  });

  test('handling every batch twice leads to the same result', async () => {
    const run = await world.aRun(ONE_STEP);
    await world.transitions.send([{ kind: 'run.created', run }]);
    await world.pump(2);
    const said = speaker(await world.executor.container(0), run, 0);
    await world.runner.send([said.started, said.finished(41)]);
    await world.pump(2);
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
    expect(world.executor.started).toHaveLength(1);
  });

  test('the controller function does not rely on message order', async () => {
    const run = await world.aRun(ONE_STEP);
    await begun(run);
    const said = speaker(await world.executor.container(0), run, 0);
    await world.runner.send([said.finished(41)]);
    await world.runner.send([said.started]);
    await world.transitions.send([{ kind: 'run.created', run }]);
    await world.pump();
    expect(await headOf(run)).toMatchObject({ status: 'completed' });
    expect((await stepOf(run))?.attempts).toHaveLength(1);
  });

  test('a batch that mixes runs returns only the failed message', async () => {
    const [one, two] = [await world.aRun(ONE_STEP), await world.aRun(ONE_STEP)];
    for (const run of [one, two]) await world.transitions.send([{ kind: 'run.created', run }]);
    const messages = await world.take(world.queues.transitions);
    expect(messages).toHaveLength(2);
    await world.objects.remove((await world.tasks.run(one))?.info.code.logic.key ?? '');
    world.batch.fail({ operation: 'SubmitJob', times: 3, type: 'ServerException' });
    const { batchItemFailures } = await world.controller(eventOf(messages));
    const failed = messages.find(({ Attributes }) => Attributes?.MessageGroupId === two);
    expect(batchItemFailures).toEqual([{ itemIdentifier: failed?.MessageId }]);
    expect(await headOf(one)).toMatchObject({
      status: 'failed',
      error: { name: 'ObjectMissingError' },
    });
    // It was on record before it failed: the next delivery launches what this one could not.
    expect(await stepOf(two)).toMatchObject({ status: 'queued' });
    const again = await world.controller(eventOf(messages));
    expect(again.batchItemFailures).toEqual([]);
    expect((await world.executor.container(0)).plan.environment.HEADRACE_SPEC).toContain(two);
  });

  test('a redriven dead letter moves the run, and does nothing when it arrives too late', async () => {
    const run = await world.aRun(ONE_STEP);
    // Three deliveries, in each of which the SDK tries three times.
    world.batch.fail({ operation: 'SubmitJob', times: 9, type: 'ServerException' });
    await world.transitions.send([{ kind: 'run.created', run }]);
    while ((await world.pump()) > 0);
    const [dead, ...others] = await world.take(world.queues.deadLetters);
    expect(others).toEqual([]);
    expect(world.executor.started).toEqual([]);

    await world.send(world.queues.transitions, dead?.Body ?? '', run);
    await world.pump();
    const said = speaker(await world.executor.container(0), run, 0);
    await world.runner.send([said.started, said.finished(41)]);
    await world.pump();
    const before = await headOf(run);
    expect(before).toMatchObject({ status: 'completed' });
    await world.send(world.queues.transitions, dead?.Body ?? '', run);
    await world.send(
      world.queues.transitions,
      JSON.stringify({ v: 1, transition: said.finished(0) }),
      run,
    );
    expect(await world.pump()).toBe(0);
    expect(await headOf(run)).toEqual(before);
    expect(world.executor.started).toHaveLength(1);
  });

  test('a forged message and a step’s message with another token do nothing', async () => {
    const run = await world.aRun(ONE_STEP);
    await begun(run);
    const said = speaker(await world.executor.container(0), run, 0);
    await world.send(
      world.queues.transitions,
      JSON.stringify({ v: 1, transition: { kind: 'run.abort', run, reason: 'forged' }, mac: 'x' }),
      run,
    );
    await world.runner.send([{ ...said.finished(0), token: 'guessed' }]);
    expect(await world.pump()).toBe(0);
    expect(await headOf(run)).toMatchObject({ status: 'running', abortReason: null });
    expect(await stepOf(run)).toMatchObject({ status: 'queued' });
  });
});

describe('the router’s function', () => {
  const ended = async () => {
    await expect.poll(() => world.batchEvents.length).toBe(1);
    return world.batchEvents[0];
  };

  test('the router sends the failure of a job to its run', async () => {
    const run = await world.aRun(ONE_STEP);
    await begun(run);
    (await world.executor.container(0)).end(3);
    await world.router(await ended());
    await world.pump();
    expect(await headOf(run)).toMatchObject({ status: 'failed' });
    expect((await stepOf(run))?.attempts[0]).toMatchObject({
      exitCode: 3,
      reason: 'exited with code 3',
    });
  });

  test('the router finds the stored result of a job that sent no message', async () => {
    const run = await world.aRun(ONE_STEP);
    await begun(run);
    const container = await world.executor.container(0);
    const said = speaker(container, run, 0);
    await world.objects.put(
      resultKey(`p/tests/data/${run}/0/1`, said.identity.job),
      Buffer.from(JSON.stringify(said.finished(41))),
    );
    container.end(0);
    await world.router(await ended());
    expect(await world.take(world.queues.transitions)).toEqual([]);
    const end = {
      ...said.identity,
      kind: 'job.ended' as const,
      exitCode: 0,
      signal: null,
      fault: 'infrastructure' as const,
      reason: 'no word',
    };
    const { token: _, ...transition } = end;
    await world.transitions.send([transition]);
    await world.pump();
    expect(await headOf(run)).toMatchObject({ status: 'completed', result: { text: '42' } });
  });

  test('the router forwards due messages, delays early ones again, and drops forged ones', async () => {
    const run = await world.aRun(
      'async function main() { await sleep(600 * 1000); return await a(1); }',
    );
    await begun(run);
    expect(await headOf(run)).toMatchObject({ pendingSleepCount: 1 });
    const wakes: Transition = {
      kind: 'timer.fired',
      run,
      timer: 'sleep',
      subject: 0,
      generation: 0,
    };
    const record = (messageId: string, body: string) => ({
      messageId,
      receiptHandle: messageId,
      body,
      attributes: { ApproximateReceiveCount: '1' },
    });
    const delivered = (...bodies: string[]) =>
      world.router({ Records: bodies.map((body, index) => record(String(index), body)) });

    const early = seal(wakes, world.secret, { at: Date.now() + HOUR });
    const forged = seal(wakes, Buffer.from('another secret'), { at: 0 });
    expect(await delivered(early, forged, 'nonsense')).toEqual({ batchItemFailures: [] });
    expect(await world.take(world.queues.transitions)).toEqual([]);

    const due = seal(wakes, world.secret, { at: Date.now() });
    expect(await delivered(due, due)).toEqual({ batchItemFailures: [] });
    const messages = await world.take(world.queues.transitions);
    expect(messages).toHaveLength(1);
    await world.giveBack(world.queues.transitions, messages);
    await world.pump();
    expect(await headOf(run)).toMatchObject({ pendingSleepCount: 0, callCount: 1 });
  });

  test('the router reports only the messages that it could not forward', async () => {
    const run = await world.aRun(ONE_STEP);
    const good = seal({ kind: 'run.sweep', run, unknownJobsLost: false }, world.secret, { at: 0 });
    const tooLarge = seal({ kind: 'run.abort', run, reason: 'x'.repeat(2 ** 21) }, world.secret, {
      at: 0,
    });
    const records = [good, tooLarge].map((body, index) => ({
      messageId: `m${index}`,
      receiptHandle: 'r',
      body,
      attributes: { ApproximateReceiveCount: '1' },
    }));
    expect(await world.router({ Records: records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(await world.take(world.queues.transitions)).toHaveLength(1);
  });
});

describe('the sweeper’s function', () => {
  test('the sweeper finds a run whose start was lost and leaves a young run alone', async () => {
    const [old, young] = [await world.aRun(ONE_STEP, HOUR), await world.aRun(ONE_STEP)];
    await world.sweeper();
    await world.pump();
    expect(await headOf(old)).toMatchObject({ status: 'running' });
    expect(await headOf(young)).toMatchObject({ status: 'queued' });
  });
});

import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import type { Transition, TransitionOf } from '../../../src/model/transition.ts';
import { runId } from '../../conformance/records.ts';
import { transitionsConformance } from '../../conformance/transitions.ts';
import type { Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { onlyPorts } from './ports.ts';
import { aQueue, type QueueUnderTest } from './queue.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator?.stop());

describe('ports on SQS', () => {
  transitionsConformance(async () => {
    const queue = await aQueue(emulator);
    return onlyPorts({
      transitions(handle) {
        queue.deliverTo(handle);
        return queue.transitions;
      },
      close: queue.close,
    });
  });
});

describe('transitions on SQS', () => {
  let queue: QueueUnderTest;
  beforeAll(async () => {
    queue = await aQueue(emulator);
  });
  afterAll(() => queue?.close());

  /** Receives all messages of the queue. They stay invisible afterwards. */
  async function receiveBodies(): Promise<readonly string[]> {
    const found: string[] = [];
    while (true) {
      const { Messages = [] } = await queue.client.send(
        new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return found;
      found.push(...Messages.map(({ Body = '' }) => Body));
    }
  }

  const started = (job: string, run = runId(11)): TransitionOf<'started'> => ({
    kind: 'started',
    run,
    call: 0,
    attempt: 1,
    job,
    token: 'its-token',
    at: 1,
  });

  test('a repeated runner message is one message; a second job of the attempt has its own message', async () => {
    const { transitions } = queue;
    await transitions.send([started('a.1')]);
    await transitions.send([started('a.1'), started('b.1')]);
    await transitions.send([{ ...started('a.1'), at: 2 }]);
    expect((await receiveBodies()).map((body) => JSON.parse(body).transition.job).sort()).toEqual([
      'a.1',
      'b.1',
    ]);
  });

  test('a repeated abort request is a message of its own; a repeated start is one message', async () => {
    const run = runId(12);
    for (let n = 0; n < 2; n += 1)
      await queue.transitions.send([{ kind: 'run.abort', run, reason: 'enough' }]);
    for (let n = 0; n < 2; n += 1) await queue.transitions.send([{ kind: 'run.created', run }]);
    expect((await receiveBodies()).map((body) => JSON.parse(body).transition.kind).sort()).toEqual([
      'run.abort',
      'run.abort',
      'run.created',
    ]);
  });

  test('a runner without the secret can send messages of its own attempt only', async () => {
    const runner = createSqsTransitions({ client: queue.client, queueUrl: queue.url });
    await runner.send([started('c.1', runId(16))]);
    await expect(
      runner.send([{ kind: 'run.abort', run: runId(11), reason: 'mine' }]),
    ).rejects.toThrow('run.abort transition needs');
    expect(await receiveBodies()).toHaveLength(1);
  });

  test('ten large messages are split into several requests', async () => {
    const run = runId(13);
    const report = {
      points: [],
      texts: [{ text: 'x'.repeat(300_000), at: 1 }],
      artifacts: [],
      models: [],
      onRun: { artifacts: [], models: [] },
    };
    const reports = Array.from({ length: 10 }, (_, sequence): Transition => {
      return {
        kind: 'reported',
        run,
        call: 0,
        attempt: 1,
        job: 'd.1',
        token: 't',
        at: 1,
        sequence,
        report,
      };
    });
    await queue.transitions.send(reports);
    expect(await receiveBodies()).toHaveLength(10);
  });

  test('a forged message is dropped, and the valid messages behind it are handled', async () => {
    const ownQueue = await aQueue(emulator);
    const run = runId(14);
    const forge = (transition: Transition, group: string, id: string) =>
      ownQueue.client.send(
        new SendMessageCommand({
          QueueUrl: ownQueue.url,
          MessageBody: JSON.stringify({ v: 1, transition, mac: 'AAAA' }),
          MessageGroupId: group,
          MessageDeduplicationId: id,
        }),
      );
    await forge({ kind: 'run.abort', run, reason: 'forged' }, run, '1');
    await forge({ ...started('e.1'), run: runId(15) }, run, '2');
    await ownQueue.transitions.send([{ kind: 'run.created', run }]);
    const handled = await new Promise<readonly Transition[]>((resolve) =>
      ownQueue.deliverTo(async (_, batch) => resolve(batch)),
    );
    await ownQueue.close();
    expect(handled).toEqual([{ kind: 'run.created', run }]);
  });
});

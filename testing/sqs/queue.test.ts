/**
 * Tests of the emulated queues through the SDK.
 *
 * @module
 */
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyPorts } from '../../test/aws/transport/ports.ts';
import { aQueue } from '../../test/aws/transport/queue.ts';
import { transitionsConformance } from '../../test/conformance/transitions.ts';
import { Clock } from '../clock/skippable-clock.ts';
import { type Sqs, startSqs } from './service.ts';

let sqs: Sqs;
let client: SQSClient;
const clock = new Clock();
let createdCount = 0;

beforeAll(async () => {
  sqs = await startSqs({ clock });
  client = new SQSClient({
    endpoint: sqs.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  client.destroy();
  await sqs.stop();
  clock.close();
});

/** Creates a queue and returns its URL. */
function create(
  kind: 'fifo' | 'standard',
  attributes: Readonly<Record<string, string>> = {},
): string {
  createdCount += 1;
  const fifo = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  };
  const name = `q${createdCount}${kind === 'fifo' ? '.fifo' : ''}`;
  return sqs.urlOf(sqs.create(name, { ...(kind === 'fifo' && fifo), ...attributes }));
}

const send = (
  QueueUrl: string,
  MessageBody: string,
  MessageGroupId?: string,
  MessageDeduplicationId = MessageBody,
) =>
  client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody,
      ...(MessageGroupId !== undefined && { MessageGroupId, MessageDeduplicationId }),
    }),
  );

async function receive(QueueUrl: string, maximum = 10): Promise<readonly Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: maximum,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return Messages;
}

const bodies = async (QueueUrl: string, maximum = 10): Promise<readonly string[]> =>
  (await receive(QueueUrl, maximum)).map(({ Body = '' }) => Body);
const remove = (QueueUrl: string, { ReceiptHandle }: Message = {}) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
const hide = (QueueUrl: string, { ReceiptHandle }: Message = {}, VisibilityTimeout = 0) =>
  client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));

describe('transitions over the emulated queues', () => {
  transitionsConformance(async () => {
    const queue = await aQueue({ endpoint: sqs.url, environment: {}, stop: async () => undefined });
    return onlyPorts({
      transitions(handle) {
        queue.deliverTo(handle);
        return queue.transitions;
      },
      close: queue.close,
    });
  });
});

describe('emulated SQS queues', () => {
  it('a received message is hidden until its visibility timeout ends or is set to zero', async () => {
    const url = create('standard', { VisibilityTimeout: '60' });
    await send(url, 'a');
    const [first] = await receive(url);
    expect([first?.Body, first?.Attributes?.ApproximateReceiveCount]).toEqual(['a', '1']);
    expect(await bodies(url)).toEqual([]);
    clock.skip(59_000);
    expect(await bodies(url)).toEqual([]);
    clock.skip(1000);
    const [second] = await receive(url);
    expect(second?.Attributes?.ApproximateReceiveCount).toBe('2');
    await hide(url, second, 0);
    const [third] = await receive(url);
    await remove(url, third);
    clock.skip(60_000);
    expect(await bodies(url)).toEqual([]);
    await expect(hide(url, third, 5)).rejects.toMatchObject({ name: 'MessageNotInflight' });
  });

  it('a delayed message is delivered after its delay', async () => {
    const url = create('standard');
    await client.send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: 'later', DelaySeconds: 900 }),
    );
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '1',
    });
    clock.skip(899_000);
    expect(await bodies(url)).toEqual([]);
    clock.skip(1000);
    expect(await bodies(url)).toEqual(['later']);
  });

  it('a message received too often moves to the dead-letter queue, from which it can be redriven', async () => {
    const dead = create('fifo');
    const deadLetterTargetArn = sqs.queue(dead)?.settings.arn ?? '';
    const url = create('fifo', {
      VisibilityTimeout: '30',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    });
    await send(url, 'poison', 'g');
    for (let n = 0; n < 2; n += 1) {
      expect(await bodies(url)).toEqual(['poison']);
      clock.skip(30_000);
    }
    await send(url, 'behind', 'g');
    expect(await bodies(url)).toEqual(['behind']);
    expect(await bodies(dead)).toEqual(['poison']);
    clock.skip(30_000);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetterTargetArn }));
    expect(await bodies(url)).toEqual(['behind', 'poison']);
  });

  it('a waiting receive returns as soon as a message arrives', async () => {
    const url = create('standard');
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }));
    await send(url, 'a');
    expect((await waiting).Messages?.map(({ Body }) => Body)).toEqual(['a']);
  });

  it('the entries of a batch are accepted or rejected one by one, within the batch limits', async () => {
    const url = create('fifo');
    const entry = (Id: string, MessageGroupId?: string) => ({
      Id,
      MessageBody: Id,
      MessageDeduplicationId: Id,
      ...(MessageGroupId !== undefined && { MessageGroupId }),
    });
    const { Successful = [], Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: [entry('a', 'g'), entry('b')] }),
    );
    expect([
      Successful.map(({ Id }) => Id),
      Failed.map(({ Id, SenderFault }) => [Id, SenderFault]),
    ]).toEqual([['a'], [['b', true]]]);
    const eleven = Array.from({ length: 11 }, (_, n) => entry(`n${n}`, 'g'));
    await expect(
      client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: eleven })),
    ).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
    await expect(send(url, 'x'.repeat(2 ** 20 + 1), 'g', 'large')).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    await expect(send(`${url.slice(0, -5)}0.fifo`, 'x', 'g')).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });
});

describe('emulated FIFO queues', () => {
  it('a FIFO queue keeps the order of a group and delivers none of its messages while one is in flight', async () => {
    const url = create('fifo', { VisibilityTimeout: '30' });
    for (const body of ['a1', 'b1', 'a2', 'b2', 'a3']) await send(url, body, body.slice(0, 1));
    expect(await bodies(url, 2)).toEqual(['a1', 'a2']);
    expect(await bodies(url, 1)).toEqual(['b1']);
    expect(await bodies(url)).toEqual([]);
    clock.skip(30_000);
    expect(await bodies(url)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  });

  it('a FIFO queue remembers a deduplication id for five minutes within its group, also after a deletion', async () => {
    const url = create('fifo');
    await send(url, 'a', 'g', 'same');
    const [first] = await receive(url);
    await remove(url, first);
    await send(url, 'again', 'g', 'same');
    await send(url, 'other group', 'h', 'same');
    expect(await bodies(url)).toEqual(['other group']);
    clock.skip(5 * 60_000);
    await send(url, 'much later', 'g', 'same');
    expect(await bodies(url)).toContain('much later');
  });

  it('a FIFO queue rejects the handle of a receive whose visibility timeout has ended', async () => {
    const url = create('fifo', { VisibilityTimeout: '30' });
    await send(url, 'a', 'g');
    const [message] = await receive(url);
    clock.skip(30_000);
    await expect(remove(url, message)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(await bodies(url)).toEqual(['a']);
  });
});

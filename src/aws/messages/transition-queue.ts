/**
 * The queue of transitions on SQS FIFO. The message group is the run.
 *
 * 1. When `send` resolves, the queue has the messages. Equal messages that are sent within minutes
 *    are delivered once.
 * 2. One request carries up to ten messages, as far as their total size permits.
 *
 * @module
 */
import {
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { HeadraceError } from '../../model/errors.ts';
import { MAX_MESSAGE_BYTES } from '../../model/limits.ts';
import type { Transition } from '../../model/transition.ts';
import type { Transitions } from '../../ports/transitions.ts';
import { deduplicationId, seal } from './envelope.ts';
import { nextHops } from './hops.ts';

export interface SqsTransitionsOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Signs control transitions. A runner has no secret and sends none. */
  readonly secret?: Buffer;
}

export interface SqsTransitions extends Transitions {
  /** @param discriminator see `deduplicationId` */
  send(transitions: readonly Transition[], discriminator?: string): Promise<void>;
}

/** The queue rejected messages, or did not accept them after several attempts. */
export class MessagesRefusedError extends HeadraceError {
  constructor(readonly reasons: readonly string[]) {
    super(
      `SQS did not accept ${reasons.length} message${reasons.length === 1 ? '' : 's'}: ${[...new Set(reasons)].join(', ')}`,
    );
  }
}

export function createSqsTransitions({
  client,
  queueUrl,
  secret,
}: SqsTransitionsOptions): SqsTransitions {
  return {
    async send(transitions, discriminator) {
      const messages = transitions.map((transition) => ({
        MessageBody: seal(transition, secret, { hops: nextHops() }),
        MessageGroupId: transition.run,
        MessageDeduplicationId: deduplicationId(transition, secret, discriminator),
      }));
      await sendAll(client, queueUrl, messages);
    },
  };
}

type SqsEntry = Omit<SendMessageBatchRequestEntry, 'Id'>;

const MAX_BATCH_ENTRIES = 10;
/** A request holds 1 MiB: this leaves room for the fields beside the bodies. */
const MAX_BATCH_BYTES = MAX_MESSAGE_BYTES;
const MAX_SEND_ATTEMPTS = 3;

/** @throws MessagesRefusedError */
export async function sendAll(
  client: SQSClient,
  queueUrl: string,
  entries: readonly SqsEntry[],
): Promise<void> {
  for (const batch of splitIntoBatches(entries)) await sendBatch(client, queueUrl, batch);
}

async function sendBatch(
  client: SQSClient,
  queueUrl: string,
  batch: readonly SqsEntry[],
): Promise<void> {
  let remaining = batch;
  for (let attempt = 1; ; attempt += 1) {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: remaining.map((entry, index) => ({ ...entry, Id: String(index) })),
      }),
    );
    if (Failed.length === 0) return;
    if (attempt === MAX_SEND_ATTEMPTS || Failed.some(({ SenderFault }) => SenderFault === true)) {
      throw new MessagesRefusedError(
        Failed.map(({ Code, Message }) => Message ?? Code ?? 'no reason given'),
      );
    }
    const failedIndexes = new Set(Failed.map(({ Id }) => Number(Id)));
    remaining = remaining.filter((_, index) => failedIndexes.has(index));
  }
}

function* splitIntoBatches(entries: readonly SqsEntry[]): Generator<readonly SqsEntry[]> {
  let batch: SqsEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.MessageBody ?? '');
    if (
      batch.length === MAX_BATCH_ENTRIES ||
      (batch.length > 0 && bytes + size > MAX_BATCH_BYTES)
    ) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

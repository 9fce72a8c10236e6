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
import { SQS_REQUEST_BYTES } from '../../model/service-limits.ts';
import type { Transition } from '../../model/transition.ts';
import type { Transitions } from '../../ports/transitions.ts';
import { batchesWithin } from '../batches.ts';
import { deduplicationId, seal } from './envelope.ts';
import { nextHops } from './hops.ts';

export interface SqsTransitionsOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** Signs control transitions. A runner has no secret and sends none. */
  readonly secret?: Buffer;
}

/** A transition with what distinguishes its message (see `send`). */
export interface SentTransition {
  readonly transition: Transition;
  readonly discriminator?: string | undefined;
  readonly deferrals?: number | undefined;
}

export interface SqsTransitions extends Transitions {
  /** Sends all of them, in as few requests as possible. */
  sendEach(messages: readonly SentTransition[]): Promise<void>;
  /**
   * @param discriminator see `deduplicationId`
   * @param deferrals how often the transitions were deferred
   */
  send(
    transitions: readonly Transition[],
    discriminator?: string,
    deferrals?: number,
  ): Promise<void>;
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
  const sendEach = (messages: readonly SentTransition[]): Promise<void> => {
    const hops = nextHops();
    const entries = messages.map(({ transition, discriminator, deferrals = 0 }) => ({
      MessageBody: seal(transition, secret, { hops, deferrals }),
      MessageGroupId: transition.run,
      MessageDeduplicationId: deduplicationId(transition, secret, discriminator),
    }));
    return sendAll(client, queueUrl, entries);
  };
  return {
    sendEach,
    async send(transitions, discriminator, deferrals) {
      await sendEach(transitions.map((transition) => ({ transition, discriminator, deferrals })));
    },
  };
}

type SqsEntry = Omit<SendMessageBatchRequestEntry, 'Id'>;

const MAX_BATCH_ENTRIES = 10;
const MAX_SEND_ATTEMPTS = 3;

/**
 * @param onSent called with the messages of each request that the queue accepted
 * @throws MessagesRefusedError
 */
export async function sendAll<Entry extends SqsEntry>(
  client: SQSClient,
  queueUrl: string,
  entries: readonly Entry[],
  onSent?: (accepted: readonly Entry[]) => void,
): Promise<void> {
  for (const batch of batchesWithin(entries, {
    maxItems: MAX_BATCH_ENTRIES,
    maxBytes: SQS_REQUEST_BYTES,
    bytesOf: ({ MessageBody = '' }) => Buffer.byteLength(MessageBody),
  })) {
    await sendBatch(client, queueUrl, batch);
    onSent?.(batch);
  }
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

/**
 * An emulated queue of SQS in simulated time, with the event source that delivers its messages to a
 * function. The requests of the event source are counted.
 *
 * Messages that arrive at the same moment are delivered together, up to the size of a batch.
 *
 * @module
 */
import { type Message, Queue } from '../../../testing/sqs/queue.ts';
import type { Ledger } from '../ledger.ts';
import { chunksOf } from '../prices.ts';
import type { SimulatedTime } from './time.ts';

export interface NewMessage {
  readonly body: string;
  readonly group?: string | undefined;
  readonly deduplication?: string | undefined;
  readonly delaySeconds?: number | undefined;
}

/** The result of an invocation with a batch. */
export interface BatchResult {
  /** The time of its end. */
  readonly at: number;
  /** The ids of failed messages; `undefined` if the invocation crashed without an answer. */
  readonly failed: ReadonlySet<string> | undefined;
}

export interface QueueOptions {
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  readonly fifo: boolean;
  readonly visibilityMs: number;
  /** The most messages of a batch. */
  readonly batchSize: number;
  /** How long the event source waits for further messages. */
  readonly windowMs: number;
  /** The most batches that are handled at the same time. Default: no limit. */
  readonly maxConcurrency?: number;
  /** Invokes the function with a batch, at the current time. */
  handle(event: object): Promise<BatchResult>;
}

const MAX_REQUEST_MESSAGES = 10;
const RETENTION_MS = 14 * 86_400_000;

export class CountedQueue {
  readonly #options: QueueOptions;
  readonly #queue: Queue;
  #isPollScheduled = false;
  #busy = 0;
  /** Whether the event source delivers no messages. */
  paused = false;
  /**
   * The number of batches delivered, and of the messages in them; the most receives of a message.
   */
  readonly delivered = { batches: 0, messages: 0, maxReceives: 0 };

  constructor(options: QueueOptions) {
    this.#options = options;
    const { fifo, visibilityMs, time } = options;
    this.#queue = new Queue(
      {
        name: 'benchmark',
        arn: 'arn:aws:sqs:us-east-1:000000000000:benchmark',
        fifo,
        deduplicationScope: 'messageGroup',
        contentBasedDeduplication: false,
        visibilityMs,
        delayMs: 0,
        retentionMs: RETENTION_MS,
        maxReceiveCount: Number.POSITIVE_INFINITY,
        deadLetters: undefined,
      },
      time,
    );
    this.#queue.onChange(() => this.poll());
  }

  get size(): number {
    return this.#queue.messages.length;
  }

  get unit(): 'sqs.fifo' | 'sqs.standard' {
    return this.#options.fifo ? 'sqs.fifo' : 'sqs.standard';
  }

  /** The message arrives at the current time of the invocation that sends it. */
  send({ body, group, deduplication, delaySeconds }: NewMessage): void {
    const { time } = this.#options;
    time.at(time.now() + (delaySeconds ?? 0) * 1000, () => {
      this.#queue.send({ body, group, deduplication });
    });
  }

  /** Makes a message receivable again after the given seconds. */
  changeVisibility(receipt: string, seconds: number): void {
    this.#queue.changeVisibility(receipt, seconds * 1000);
  }

  /** Schedules a delivery after all other actions of this moment. */
  poll(): void {
    if (this.#isPollScheduled || this.paused) return;
    this.#isPollScheduled = true;
    const { time, windowMs } = this.#options;
    time.at(time.now() + windowMs, async () => {
      this.#isPollScheduled = false;
      while (!this.paused && (await this.#deliver()));
    });
  }

  async #deliver(): Promise<boolean> {
    const { time, ledger, fifo, handle, maxConcurrency } = this.#options;
    if (maxConcurrency !== undefined && this.#busy >= maxConcurrency) return false;
    const batch = this.#queue.receive(this.#options.batchSize);
    if (batch.length === 0) return false;
    this.delivered.batches += 1;
    this.delivered.messages += batch.length;
    this.delivered.maxReceives = Math.max(
      this.delivered.maxReceives,
      ...batch.map(({ receives }) => receives),
    );
    const size = batch.reduce((bytes, { body }) => bytes + Buffer.byteLength(body), 0);
    // Several requests fill a larger batch.
    const requests = Math.ceil(batch.length / MAX_REQUEST_MESSAGES);
    for (let n = 0; n < requests; n += 1)
      ledger.add('SQS', 'ReceiveMessage', 'event source', {
        [this.unit]: chunksOf(size / requests),
      });
    const records = batch.map(({ id, receipt, body, group, receives }) => ({
      messageId: id,
      receiptHandle: receipt,
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        ...(fifo ? { MessageGroupId: group } : {}),
      },
      eventSource: 'aws:sqs',
    }));
    this.#busy += 1;
    const { at, failed } = await handle({ Records: records });
    time.at(at, () => {
      this.#busy -= 1;
      if (failed !== undefined) this.#settle(batch, failed);
    });
    return true;
  }

  #settle(batch: readonly Message[], failed: ReadonlySet<string>): void {
    const done = batch.filter(({ id }) => !failed.has(id));
    for (let first = 0; first < done.length; first += MAX_REQUEST_MESSAGES)
      this.#options.ledger.add('SQS', 'DeleteMessageBatch', 'event source', { [this.unit]: 1 });
    for (const { receipt } of done) if (receipt !== undefined) this.#queue.delete(receipt);
  }
}

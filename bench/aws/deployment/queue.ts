/**
 * Queues of SQS in memory, each with the event source that delivers its messages to a function.
 *
 * 1. FIFO: a message group has at most one batch in flight. Of the messages with the same
 *    deduplication id within five minutes, only the first is accepted.
 * 2. A delivered message is invisible until its function deletes or returns it, or until its
 *    visibility timeout ends.
 * 3. Messages that arrive at the same moment are delivered together, at most ten in a batch.
 *
 * @module
 */
import type { Ledger } from '../ledger.ts';
import { chunksOf } from '../prices.ts';
import type { SimulatedTime } from './time.ts';

export interface NewMessage {
  readonly body: string;
  readonly group?: string | undefined;
  readonly deduplication?: string | undefined;
  readonly delaySeconds?: number | undefined;
}

interface Message {
  readonly id: string;
  readonly body: string;
  readonly group: string;
  visibleAt: number;
  receives: number;
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
  /** Invokes the function with a batch, at the current time. */
  handle(event: object): Promise<BatchResult>;
}

const MAX_BATCH_MESSAGES = 10;
const DEDUPLICATION_MS = 300_000;

export class MemoryQueue {
  readonly #options: QueueOptions;
  readonly #groups = new Map<string, Message[]>();
  /** Until when each deduplication id is known. */
  readonly #deduplicatedUntil = new Map<string, number>();
  #sentCount = 0;
  #isPollScheduled = false;
  /** Whether the event source delivers no messages. */
  paused = false;
  /** The number of batches delivered, and of the messages in them. */
  readonly delivered = { batches: 0, messages: 0 };

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return [...this.#groups.values()].reduce((sum, messages) => sum + messages.length, 0);
  }

  get unit(): 'sqs.fifo' | 'sqs.standard' {
    return this.#options.fifo ? 'sqs.fifo' : 'sqs.standard';
  }

  send({ body, group, deduplication, delaySeconds }: NewMessage): void {
    const { time, fifo } = this.#options;
    const arrival = time.now + (delaySeconds ?? 0) * 1000;
    if (fifo && this.#isDuplicate(`${group} ${deduplication}`)) return;
    const id = `message-${this.#sentCount}`;
    this.#sentCount += 1;
    // Each message of a standard queue is a group of its own.
    const message = {
      id,
      body,
      group: fifo ? (group ?? '') : id,
      visibleAt: arrival,
      receives: 0,
    };
    time.at(arrival, () => {
      const messages = this.#groups.get(message.group);
      if (messages === undefined) this.#groups.set(message.group, [message]);
      else messages.push(message);
      this.poll();
    });
  }

  #isDuplicate(key: string): boolean {
    const { now } = this.#options.time;
    const until = this.#deduplicatedUntil.get(key);
    if (until !== undefined && until > now) return true;
    this.#deduplicatedUntil.set(key, now + DEDUPLICATION_MS);
    return false;
  }

  /** Makes a message receivable again after the given seconds. */
  changeVisibility(id: string, seconds: number): void {
    const { time } = this.#options;
    for (const messages of this.#groups.values()) {
      for (const message of messages)
        if (message.id === id) message.visibleAt = time.now + seconds * 1000;
    }
    time.at(time.now + seconds * 1000, () => this.poll());
  }

  /** Schedules a delivery after all other actions of this moment. */
  poll(): void {
    if (this.#isPollScheduled || this.paused) return;
    this.#isPollScheduled = true;
    this.#options.time.at(this.#options.time.now, async () => {
      this.#isPollScheduled = false;
      while (!this.paused && (await this.#deliver()));
    });
  }

  async #deliver(): Promise<boolean> {
    const { time, ledger, fifo, visibilityMs, handle } = this.#options;
    const { now } = time;
    const batch: Message[] = [];
    for (const messages of this.#groups.values()) {
      if (batch.length === MAX_BATCH_MESSAGES) break;
      // Rule 1: skip a group that has a message in flight.
      if (messages.some(({ visibleAt }) => visibleAt > now)) continue;
      batch.push(...messages.slice(0, MAX_BATCH_MESSAGES - batch.length));
    }
    if (batch.length === 0) return false;
    for (const message of batch) {
      message.visibleAt = now + visibilityMs;
      message.receives += 1;
    }
    this.delivered.batches += 1;
    this.delivered.messages += batch.length;
    const size = batch.reduce((bytes, { body }) => bytes + Buffer.byteLength(body), 0);
    ledger.add('SQS', 'ReceiveMessage', 'event source', { [this.unit]: chunksOf(size) });
    const records = batch.map(({ id, body, group, receives }) => ({
      messageId: id,
      receiptHandle: id,
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        ...(fifo ? { MessageGroupId: group } : {}),
      },
      eventSource: 'aws:sqs',
    }));
    const { at, failed } = await handle({ Records: records });
    if (failed === undefined) {
      time.at(now + visibilityMs, () => this.poll());
      return true;
    }
    time.at(at, () => this.#settle(batch, failed));
    return true;
  }

  #settle(batch: readonly Message[], failed: ReadonlySet<string>): void {
    const done = batch.filter(({ id }) => !failed.has(id));
    if (done.length > 0)
      this.#options.ledger.add('SQS', 'DeleteMessageBatch', 'event source', { [this.unit]: 1 });
    const deleted = new Set(done);
    for (const group of new Set(done.map((message) => message.group))) {
      const remaining = this.#groups.get(group)?.filter((message) => !deleted.has(message)) ?? [];
      if (remaining.length === 0) this.#groups.delete(group);
      else this.#groups.set(group, remaining);
    }
    this.poll();
  }
}

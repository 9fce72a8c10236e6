/**
 * Queues of SQS in memory, each with the event source that hands its messages to a function.
 *
 * 1. Of a FIFO queue a message group is handed over one batch at a time; of the same deduplication
 *    id within five minutes the first message counts.
 * 2. What is handed over is invisible until its function deletes it, gives it back, or the time of
 *    its visibility is over.
 * 3. Messages that arrive at the same moment are handed over together, ten at the most.
 *
 * @module
 */
import type { Ledger } from '../ledger.ts';
import { chunksOf } from '../prices.ts';
import type { SimulatedTime } from './time.ts';

export interface Sent {
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

/** What the function did with a batch. */
export interface Handled {
  /** When it was over. */
  readonly at: number;
  /** Undefined: it died, and said nothing. */
  readonly failed: ReadonlySet<string> | undefined;
}

export interface QueueOptions {
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  readonly fifo: boolean;
  readonly visibilityMilliseconds: number;
  /** Begins at the time it is called; what it does with the messages is told by the answer. */
  handle(event: object): Promise<Handled>;
}

const BATCH = 10;
const REMEMBERED = 300_000;

export class MemoryQueue {
  readonly #options: QueueOptions;
  readonly #groups = new Map<string, Message[]>();
  readonly #seen = new Map<string, number>();
  #sent = 0;
  #polls = false;
  /** The event source does not look. */
  paused = false;
  /** Batches handed over, and the messages in them. */
  readonly handed = { batches: 0, messages: 0 };

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return [...this.#groups.values()].reduce((sum, messages) => sum + messages.length, 0);
  }

  get unit(): 'sqs.fifo' | 'sqs.standard' {
    return this.#options.fifo ? 'sqs.fifo' : 'sqs.standard';
  }

  send(sent: Sent): void {
    const { time, fifo } = this.#options;
    const arrival = time.now + (sent.delaySeconds ?? 0) * 1000;
    if (fifo && this.#isKnown(`${sent.group} ${sent.deduplication}`)) return;
    const id = `message-${this.#sent}`;
    this.#sent += 1;
    // Messages of a standard queue have nothing to do with each other.
    const message = {
      id,
      body: sent.body,
      group: fifo ? (sent.group ?? '') : id,
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

  #isKnown(key: string): boolean {
    const { now } = this.#options.time;
    const until = this.#seen.get(key);
    if (until !== undefined && until > now) return true;
    this.#seen.set(key, now + REMEMBERED);
    return false;
  }

  /** Gives messages back, to be received again in so many seconds. */
  changeVisibility(id: string, seconds: number): void {
    const { time } = this.#options;
    for (const messages of this.#groups.values()) {
      for (const message of messages)
        if (message.id === id) message.visibleAt = time.now + seconds * 1000;
    }
    time.at(time.now + seconds * 1000, () => this.poll());
  }

  /** Looks when all that happens at this moment has happened. */
  poll(): void {
    if (this.#polls || this.paused) return;
    this.#polls = true;
    this.#options.time.at(this.#options.time.now, async () => {
      this.#polls = false;
      while (!this.paused && (await this.#handOver()));
    });
  }

  async #handOver(): Promise<boolean> {
    const { time, ledger, fifo, visibilityMilliseconds, handle } = this.#options;
    const { now } = time;
    const batch: Message[] = [];
    for (const messages of this.#groups.values()) {
      if (batch.length === BATCH) break;
      // Rule 1: nothing of a group while something of it is under way.
      if (messages.some(({ visibleAt }) => visibleAt > now)) continue;
      batch.push(...messages.slice(0, BATCH - batch.length));
    }
    if (batch.length === 0) return false;
    for (const message of batch) {
      message.visibleAt = now + visibilityMilliseconds;
      message.receives += 1;
    }
    this.handed.batches += 1;
    this.handed.messages += batch.length;
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
      time.at(now + visibilityMilliseconds, () => this.poll());
      return true;
    }
    time.at(at, () => this.#settle(batch, failed));
    return true;
  }

  #settle(batch: readonly Message[], failed: ReadonlySet<string>): void {
    const done = batch.filter(({ id }) => !failed.has(id));
    if (done.length > 0)
      this.#options.ledger.add('SQS', 'DeleteMessageBatch', 'event source', { [this.unit]: 1 });
    const gone = new Set(done);
    for (const group of new Set(done.map((message) => message.group))) {
      const left = this.#groups.get(group)?.filter((message) => !gone.has(message)) ?? [];
      if (left.length === 0) this.#groups.delete(group);
      else this.#groups.set(group, left);
    }
    this.poll();
  }
}

/**
 * A standard or FIFO queue of SQS in memory, on a clock that tests can skip.
 *
 * 1. A received message is invisible until its visibility timeout ends. Unless it was deleted, it
 *    can then be received again. The receive after the `maxReceiveCount`-th moves it to the
 *    dead-letter queue instead.
 * 2. FIFO: a message waits for all earlier messages of its group. While a message of a group is in
 *    flight, no other message of the group is received. A receive returns as many messages of one
 *    group as possible, then those of other groups.
 * 3. FIFO: a message with a deduplication id of the last five minutes is accepted and dropped, even
 *    if the first message was deleted. The id counts within the group or the queue, by the
 *    settings.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../clock/skippable-clock.ts';
import { SqsError } from './errors.ts';

/** The part of a clock that a queue needs. */
export type QueueClock = Pick<Clock, 'now' | 'at'>;

export interface QueueSettings {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly deduplicationScope: 'queue' | 'messageGroup';
  readonly contentBasedDeduplication: boolean;
  readonly visibilityMs: number;
  readonly delayMs: number;
  readonly retentionMs: number;
  readonly maxReceiveCount: number;
  /** The queue for messages that exceed `maxReceiveCount`. */
  readonly deadLetters: Queue | undefined;
}

export interface NewMessage {
  readonly body: string;
  readonly group?: string | undefined;
  readonly deduplication?: string | undefined;
  readonly delayMs?: number | undefined;
  /** `AWSTraceHeader` */
  readonly trace?: string | undefined;
}

export interface Message extends NewMessage {
  readonly id: string;
  readonly sequence: string;
  readonly sentAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
  /** The time from which it can be received. */
  visibleAt: number;
  /** The receipt handle of its last receive. */
  receipt: string | undefined;
}

const DEDUPLICATION_MS = 5 * 60_000;

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

export class Queue {
  readonly settings: QueueSettings;
  readonly #clock: QueueClock;
  #messages: Message[] = [];
  readonly #seen = new Map<string, { readonly message: Message; readonly until: number }>();
  /** Functions that cancel the timers of messages that become receivable later. */
  readonly #cancelTimers = new Map<Message, () => void>();
  readonly #listeners = new Set<() => void>();
  #sequence = 0n;

  constructor(settings: QueueSettings, clock: QueueClock) {
    this.settings = settings;
    this.#clock = clock;
  }

  /** In the order in which they were sent. */
  get messages(): readonly Message[] {
    this.#expire();
    return this.#messages;
  }

  get counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number } {
    const now = this.#clock.now();
    const hidden = this.messages.filter(({ visibleAt }) => visibleAt > now);
    const inFlight = hidden.filter(({ receives }) => receives > 0).length;
    return {
      visible: this.#messages.length - hidden.length,
      inFlight,
      delayed: hidden.length - inFlight,
    };
  }

  /** Whether a message can be received now. */
  get hasMore(): boolean {
    return this.#receivable().length > 0;
  }

  /** Calls `listener` when a message may have become receivable. @returns removes the listener */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws SqsError */
  send(message: NewMessage): Message {
    const { fifo, contentBasedDeduplication, delayMs, name } = this.settings;
    const { group } = message;
    const deduplication =
      message.deduplication ??
      (fifo && contentBasedDeduplication
        ? createHash('sha256').update(message.body).digest('hex')
        : undefined);
    if (fifo && group === undefined)
      throw new SqsError(
        'InvalidParameterValue',
        'The request must contain the parameter MessageGroupId.',
      );
    if (fifo && deduplication === undefined) {
      throw new SqsError(
        'InvalidParameterValue',
        `The queue ${name} should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly`,
      );
    }
    if (fifo && message.delayMs !== undefined) {
      throw new SqsError(
        'InvalidParameterValue',
        'Value for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
      );
    }
    const now = this.#clock.now();
    const key = this.#keyOf(group, deduplication);
    const seen = key === undefined ? undefined : this.#seen.get(key);
    if (seen !== undefined && seen.until > now) return seen.message;
    const added = this.#add({ ...message, deduplication }, now + (message.delayMs ?? delayMs));
    if (key !== undefined) this.#seen.set(key, { message: added, until: now + DEDUPLICATION_MS });
    return added;
  }

  /**
   * Returns at most `maximum` messages, which are invisible from now on.
   *
   * @param hasRoom called with each further message: whether it is received, too
   */
  receive(
    maximum: number,
    visibilityMs = this.settings.visibilityMs,
    hasRoom: (message: Message) => boolean = () => true,
  ): readonly Message[] {
    const received: Message[] = [];
    for (const message of this.#receivable()) {
      if (received.length === maximum) break;
      if (this.#moveIfDead(message)) continue;
      if (!hasRoom(message)) break;
      received.push(message);
    }
    const now = this.#clock.now();
    for (const message of received) {
      message.receives += 1;
      message.firstReceivedAt ??= now;
      message.receipt = randomUUID();
      this.#hide(message, now + visibilityMs);
    }
    return received;
  }

  /**
   * Standard: the handle of an older receive is ignored. FIFO: a handle whose visibility timeout
   * ended is rejected. @throws SqsError
   */
  delete(receipt: string): void {
    const message = this.#find(receipt);
    if (message === undefined) return;
    if (this.settings.fifo && message.visibleAt <= this.#clock.now()) throw expired(receipt);
    this.#drop([message]);
    this.#changed();
  }

  /** @throws SqsError */
  changeVisibility(receipt: string, visibilityMs: number): void {
    const message = this.#find(receipt);
    const now = this.#clock.now();
    if (message === undefined || message.visibleAt <= now) {
      throw new SqsError(
        'MessageNotInflight',
        `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    this.#hide(message, now + visibilityMs);
  }

  purge(): void {
    this.#drop(this.#messages);
    this.#changed();
  }

  /** Moves all visible messages to `target`, as the redrive of a dead-letter queue does. */
  redrive(target: Queue): number {
    const now = this.#clock.now();
    const moved = this.messages.filter(({ visibleAt }) => visibleAt <= now);
    this.#drop(moved);
    for (const { body, group, deduplication, trace } of moved)
      target.#add({ body, group, deduplication, trace }, now);
    return moved.length;
  }

  #add(message: NewMessage, visibleAt: number): Message {
    this.#sequence += 1n;
    const added: Message = {
      ...message,
      id: randomUUID(),
      sequence: String(18_800_000_000_000_000_000n + this.#sequence),
      sentAt: this.#clock.now(),
      receives: 0,
      firstReceivedAt: undefined,
      visibleAt,
      receipt: undefined,
    };
    this.#messages.push(added);
    this.#notifyWhenVisible(added);
    return added;
  }

  /** The key of rule 3. */
  #keyOf(group: string | undefined, deduplication: string | undefined): string | undefined {
    if (!this.settings.fifo || deduplication === undefined) return undefined;
    return JSON.stringify(
      this.settings.deduplicationScope === 'messageGroup'
        ? [group, deduplication]
        : [deduplication],
    );
  }

  /**
   * Applies rule 2. The result contains dead messages: a receive moves them, so that they do not
   * block their group.
   */
  #receivable(): readonly Message[] {
    const now = this.#clock.now();
    if (!this.settings.fifo) return this.messages.filter(({ visibleAt }) => visibleAt <= now);
    const groups = new Map<string, Message[]>();
    for (const message of this.messages) {
      const group = groups.get(message.group ?? '');
      if (group === undefined) groups.set(message.group ?? '', [message]);
      else group.push(message);
    }
    return [...groups.values()].flatMap((group) =>
      group.some(({ visibleAt }) => visibleAt > now) ? [] : group,
    );
  }

  /** Moves a message that exceeds `maxReceiveCount` to the dead-letter queue. */
  #moveIfDead(message: Message): boolean {
    const { deadLetters, maxReceiveCount } = this.settings;
    if (deadLetters === undefined || message.receives < maxReceiveCount) return false;
    this.#drop([message]);
    deadLetters.#add(message, this.#clock.now());
    return true;
  }

  #find(receipt: string): Message | undefined {
    return this.messages.find((message) => message.receipt === receipt);
  }

  #hide(message: Message, visibleAt: number): void {
    message.visibleAt = visibleAt;
    this.#notifyWhenVisible(message);
  }

  #notifyWhenVisible(message: Message): void {
    this.#cancelTimers.get(message)?.();
    this.#cancelTimers.delete(message);
    if (message.visibleAt <= this.#clock.now()) return this.#changed();
    const notify = () => {
      this.#cancelTimers.delete(message);
      this.#changed();
    };
    this.#cancelTimers.set(message, this.#clock.at(message.visibleAt, notify));
  }

  #drop(messages: readonly Message[]): void {
    const dropped = new Set(messages);
    this.#messages = this.#messages.filter((message) => !dropped.has(message));
    for (const message of messages) {
      this.#cancelTimers.get(message)?.();
      this.#cancelTimers.delete(message);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #expire(): void {
    const before = this.#clock.now() - this.settings.retentionMs;
    const old = this.#messages.filter(({ sentAt }) => sentAt <= before);
    if (old.length > 0) this.#drop(old);
  }
}

const expired = (receipt: string): SqsError =>
  new SqsError(
    'InvalidParameterValue',
    `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  );

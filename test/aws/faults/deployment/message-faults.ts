/**
 * Injects a fault into the delivery of messages and of Batch's events, and records all of them.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isBatchEvent } from '../../../../src/aws/jobs/batch-events.ts';
import { stepInvocationSchema } from '../../../../src/aws/jobs/step-invocation.ts';
import type { Clock } from '../../../../testing/clock/skippable-clock.ts';
import {
  type Message,
  type NewMessage,
  Queue,
  type QueueSettings,
} from '../../../../testing/sqs/queue.ts';
import { type Disturbance, STEP_MESSAGE, type Target } from '../faults.ts';

const MINUTE = 60_000;
/** Longer than every timeout of a few minutes. */
const LATE_MS = 25 * MINUTE;
const REDELIVERY_MS = MINUTE;
const RUN_ID_LENGTH = 26;

export interface MessageFaultPlan {
  readonly target: Target;
  readonly disturbance: Disturbance;
}

export class MessageFaults {
  readonly #clock: Clock;
  readonly #plan: MessageFaultPlan | undefined;
  readonly #seen = new Map<string, number>();
  #overtaken: (() => void) | undefined;
  /** All messages and events, in order. */
  readonly recorded: Target[] = [];
  /** Whether the planned fault was injected. */
  isInjected = false;
  /** Number of delayed deliveries. */
  pending = 0;

  constructor(clock: Clock, plan: MessageFaultPlan | undefined) {
    this.#clock = clock;
    this.#plan = plan;
  }

  /**
   * `deliver` may be called more than once.
   *
   * @param throttle delivers a message whose first receive has no effect
   */
  pass(label: string, deliver: () => void, throttle: () => void = deliver): void {
    const occurrence = this.#seen.get(label) ?? 0;
    this.#seen.set(label, occurrence + 1);
    this.recorded.push({ label, occurrence });
    const { target, disturbance } = this.#plan ?? {};
    const overtaken = this.#overtaken;
    if (this.isInjected || target?.label !== label || target.occurrence !== occurrence) {
      deliver();
      this.#overtaken = undefined;
      overtaken?.();
      return;
    }
    this.isInjected = true;
    switch (disturbance) {
      case 'message duplicated':
        deliver();
        this.#later(REDELIVERY_MS, deliver);
        break;
      case 'message late':
        this.#later(LATE_MS, deliver);
        break;
      case 'message throttled':
        throttle();
        break;
      case 'message reordered':
        this.#overtaken = deliver;
        // Delivers it even if no other message follows.
        this.#later(REDELIVERY_MS, () => {
          if (this.#overtaken === deliver) deliver();
          this.#overtaken = undefined;
        });
        break;
      default:
    }
  }

  #later(delayMs: number, act: () => void): void {
    this.pending += 1;
    this.#clock.at(this.#clock.now() + delayMs, () => {
      this.pending -= 1;
      act();
    });
  }
}

const envelopeSchema = z.looseObject({
  transition: z.looseObject({
    kind: z.string(),
    call: z.number().optional(),
    timer: z.string().optional(),
    subject: z.number().optional(),
  }),
});

/** The label of a message, without the parts that differ from run to run. */
function labelOf(queue: string, body: unknown): string {
  const invocation = stepInvocationSchema.safeParse(body);
  if (invocation.success) {
    const { name, index } = invocation.data.job;
    return `${STEP_MESSAGE} ${name.slice(RUN_ID_LENGTH + 1)}.${index}`;
  }
  const { kind, call, timer = '', subject } = envelopeSchema.parse(body).transition;
  return `${queue} ${kind} ${timer} ${call ?? subject ?? ''}`.trim();
}

/** A queue whose messages pass through the faults. */
export class FaultyQueue extends Queue {
  readonly #clock: Clock;
  readonly #faults: () => MessageFaults;
  /** Every message that was sent to the queue. */
  readonly sent: NewMessage[] = [];
  /** Ids of messages whose first receive invokes no function. */
  readonly throttled = new Set<string>();

  constructor(settings: QueueSettings, clock: Clock, faults: () => MessageFaults) {
    super(settings, clock);
    this.#clock = clock;
    this.#faults = faults;
  }

  override send(message: NewMessage): Message {
    this.sent.push(message);
    const body: unknown = JSON.parse(message.body);
    // The deployment passes an event of Batch through the faults before it is sent.
    if (isBatchEvent(body)) return super.send(message);
    let stored: Message | undefined;
    const deliver = () => {
      // The queue would drop the second of two equal messages as a duplicate.
      stored = super.send(
        stored === undefined ? message : { ...message, deduplication: randomUUID() },
      );
      return stored;
    };
    this.#faults().pass(labelOf(this.settings.name, body), deliver, () => {
      this.throttled.add(deliver().id);
    });
    const receiveFields = {
      id: randomUUID(),
      sequence: '1',
      sentAt: this.#clock.now(),
      receives: 0,
      firstReceivedAt: undefined,
      visibleAt: 0,
      receipt: undefined,
    };
    return stored ?? { ...message, ...receiveFields };
  }
}

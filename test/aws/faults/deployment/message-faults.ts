/**
 * The way of messages and of Batch's events: what goes wrong on it, and all that ever went it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../../testing/clock/skippable-clock.ts';
import {
  type Message,
  type NewMessage,
  Queue,
  type QueueSettings,
} from '../../../../testing/sqs/queue.ts';
import type { Disturbance, Target } from '../faults.ts';

const MINUTE = 60_000;
/** Later than all that takes some minutes. */
const LATE_MS = 25 * MINUTE;
const AGAIN_MS = MINUTE;

export interface PostPlan {
  readonly target: Target;
  readonly disturbance: Disturbance;
}

export class Post {
  readonly #clock: Clock;
  readonly #plan: PostPlan | undefined;
  readonly #seen = new Map<string, number>();
  #held: (() => void) | undefined;
  /** What went it, in its order. */
  readonly recorded: Target[] = [];
  /** It went wrong. */
  struck = false;
  /** What is still to come. */
  pending = 0;

  constructor(clock: Clock, plan: PostPlan | undefined) {
    this.#clock = clock;
    this.#plan = plan;
  }

  /** @param deliver may be called more than once */
  pass(label: string, deliver: () => void): void {
    const occurrence = this.#seen.get(label) ?? 0;
    this.#seen.set(label, occurrence + 1);
    this.recorded.push({ label, occurrence });
    const { target, disturbance } = this.#plan ?? {};
    const behind = this.#held;
    if (this.struck || target?.label !== label || target.occurrence !== occurrence) {
      deliver();
      this.#held = undefined;
      behind?.();
      return;
    }
    this.struck = true;
    switch (disturbance) {
      case 'message doubled':
        deliver();
        this.#later(AGAIN_MS, deliver);
        break;
      case 'message late':
        this.#later(LATE_MS, deliver);
        break;
      case 'message overtaken':
        this.#held = deliver;
        // If nothing comes after it.
        this.#later(AGAIN_MS, () => {
          if (this.#held === deliver) deliver();
          this.#held = undefined;
        });
        break;
      default:
    }
  }

  #later(milliseconds: number, act: () => void): void {
    this.pending += 1;
    this.#clock.at(this.#clock.now() + milliseconds, () => {
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

/** A queue whose messages go by a post. */
export class PostedQueue extends Queue {
  readonly #clock: Clock;
  readonly #post: () => Post;
  /** All that was ever sent to it. */
  readonly sent: NewMessage[] = [];

  constructor(settings: QueueSettings, clock: Clock, post: () => Post) {
    super(settings, clock);
    this.#clock = clock;
    this.#post = post;
  }

  override send(message: NewMessage): Message {
    this.sent.push(message);
    const {
      kind,
      call,
      timer = '',
      subject,
    } = envelopeSchema.parse(JSON.parse(message.body)).transition;
    let kept: Message | undefined;
    this.#post().pass(
      `${this.settings.name} ${kind} ${timer} ${call ?? subject ?? ''}`.trim(),
      () => {
        // The second of two equal ones would be swallowed.
        kept = super.send(
          kept === undefined ? message : { ...message, deduplication: randomUUID() },
        );
      },
    );
    const taken = {
      id: randomUUID(),
      sequence: '1',
      sentAt: this.#clock.now(),
      receives: 0,
      firstReceivedAt: undefined,
      visibleAt: 0,
      receipt: undefined,
    };
    return kept ?? { ...message, ...taken };
  }
}

/**
 * Durable timers: a message that waits in the queue of delays, or a one-time schedule that sends
 * this message later.
 *
 * 1. A timer fires at least once, at its time or up to one second later. It also fires if it was
 *    cleared or replaced meanwhile: the receiver compares generations.
 * 2. Setting the same timer again is harmless: both firings have the same deduplication id.
 * 3. A timer of up to 15 minutes waits in the queue alone. A longer one is scheduled one minute
 *    early, because a schedule can be late by up to a minute, and waits for the rest in the queue.
 * 4. If a schedule is refused (missing permissions, a quota of schedules, a fault), its timer waits
 *    in the queue of delays alone: the router delays it again until it is due. The refusal is logged
 *    as `request refused`, which raises an alarm.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { RunId } from '../../model/ids.ts';
import type { Transition, TransitionOf } from '../../model/transition.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Timer } from '../../ports/tasks.ts';
import { seal } from '../messages/envelope.ts';
import { type SqsTransitions, sendAll } from '../messages/transition-queue.ts';
import { errorData, type Log } from '../observability/log.ts';

export interface DelayedTransition {
  readonly transition: Transition;
  /** When it is due, milliseconds since the epoch. */
  readonly at: number;
  /** How often it was deferred. Default: never. */
  readonly deferrals?: number;
}

export interface DelayQueue {
  /** Sends each transition when it is due, at least once. */
  send(messages: readonly DelayedTransition[]): Promise<void>;
}

/** The limit of SQS. */
const MAX_QUEUE_DELAY_MS = 900_000;
const SCHEDULE_LEAD_MS = 60_000;
const MAX_PARALLEL_SCHEDULES = 10;

export interface DelayQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly secret: Buffer;
  readonly clock: Clock;
}

/**
 * The queue of delays. The router (`transition-router.ts`) delays a message again if it is due
 * later than one delay reaches.
 */
export function createDelayQueue({
  client,
  queueUrl,
  secret,
  clock,
}: DelayQueueOptions): DelayQueue {
  return {
    async send(messages) {
      const now = clock.now();
      const entries = messages.map(({ transition, at, deferrals = 0 }) => ({
        MessageBody: seal(transition, secret, { at, deferrals }),
        DelaySeconds: Math.ceil(Math.min(Math.max(at - now, 0), MAX_QUEUE_DELAY_MS) / 1000),
      }));
      await sendAll(client, queueUrl, entries);
    },
  };
}

export interface TimerScheduler {
  set(run: RunId, timers: readonly Timer[]): Promise<void>;
}

export interface TimerSchedulerOptions {
  readonly delayQueue: DelayQueue;
  readonly transitions: SqsTransitions;
  readonly clock: Clock;
  readonly secret: Buffer;
  readonly log: Log;
  readonly scheduler: {
    readonly client: SchedulerClient;
    readonly group: string;
    /** May send to the queue of delays and to the dead letters. */
    readonly roleArn: string;
    readonly delayQueueArn: string;
    readonly deadLettersArn: string;
  };
}

export const createTimerScheduler = (options: TimerSchedulerOptions): TimerScheduler =>
  new QueueTimerScheduler(options);

class QueueTimerScheduler implements TimerScheduler {
  readonly #options: TimerSchedulerOptions;

  constructor(options: TimerSchedulerOptions) {
    this.#options = options;
  }

  async set(run: RunId, timers: readonly Timer[]): Promise<void> {
    const { transitions, delayQueue, clock } = this.#options;
    const now = clock.now();
    const due = timers.filter(({ at }) => at <= now);
    if (due.length > 0)
      await transitions.sendEach(
        due.map((timer) => ({
          transition: firedTransition(run, timer),
          discriminator: deduplicationDiscriminator(timer.at),
        })),
      );
    const queued = timers.filter(({ at }) => at > now && at - now <= MAX_QUEUE_DELAY_MS);
    if (queued.length > 0)
      await delayQueue.send(
        queued.map((timer) => ({ transition: firedTransition(run, timer), at: timer.at })),
      );
    const scheduled = timers.filter(({ at }) => at - now > MAX_QUEUE_DELAY_MS);
    for (let first = 0; first < scheduled.length; first += MAX_PARALLEL_SCHEDULES) {
      const batch = scheduled.slice(first, first + MAX_PARALLEL_SCHEDULES);
      await Promise.all(batch.map((timer) => this.#schedule(run, timer)));
    }
  }

  async #schedule(run: RunId, timer: Timer): Promise<void> {
    const { scheduler, secret, delayQueue, log } = this.#options;
    const transition = firedTransition(run, timer);
    const name = `${run}-${createHash('sha256')
      .update(JSON.stringify([transition, timer.at]))
      .digest('hex')
      .slice(0, 32)}`;
    try {
      await scheduler.client.send(
        new CreateScheduleCommand({
          Name: name,
          GroupName: scheduler.group,
          ScheduleExpression: `at(${new Date(timer.at - SCHEDULE_LEAD_MS).toISOString().slice(0, 19)})`,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: scheduler.delayQueueArn,
            RoleArn: scheduler.roleArn,
            Input: seal(transition, secret, { at: timer.at }),
            DeadLetterConfig: { Arn: scheduler.deadLettersArn },
          },
        }),
      );
    } catch (error) {
      // The same timer was set before.
      if (error instanceof ConflictException) return;
      log.error('request refused', { action: 'schedule', run, ...errorData(error) });
      await delayQueue.send([{ transition, at: timer.at }]);
    }
  }
}

const firedTransition = (
  run: RunId,
  { kind, subject, generation }: Timer,
): TransitionOf<'timer.fired'> => ({
  kind: 'timer.fired',
  run,
  timer: kind,
  subject,
  generation,
});

/** Distinguishes the firings of a timer that was set for two different times. */
export const deduplicationDiscriminator = (at: number): string => String(at);

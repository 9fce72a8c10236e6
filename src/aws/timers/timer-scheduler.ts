/**
 * Timers that survive every process: a message that waits in a queue of delays, or a one-time schedule that puts it there.
 *
 * 1. A timer fires at least once, at its time or up to a second after it. It fires too if it was cleared or replaced since: whoever hears it compares
 *    generations.
 * 2. Setting the same timer again is harmless: both firings have the same deduplication id.
 * 3. Up to 15 minutes wait in the queue alone. What is longer is scheduled a minute early, for schedules are late by up to a minute, and waits for the rest
 *    in the queue like the others.
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

export interface DelayQueue {
  /** Sends the transition when its time has come, at the least once. @param at milliseconds since the epoch */
  send(
    messages: readonly { readonly transition: Transition; readonly at: number }[],
  ): Promise<void>;
}

/** The longest delay of a message in SQS. */
const MAX_QUEUE_DELAY_MS = 900_000;
const SCHEDULE_LEAD_MS = 60_000;
const MAX_PARALLEL_SCHEDULES = 10;

export interface DelayQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly secret: Buffer;
  readonly clock: Clock;
}

/** The queue of delays. What is due later than it can delay is delayed again by whoever takes it out (`routing.ts`). */
export function createDelayQueue({
  client,
  queueUrl,
  secret,
  clock,
}: DelayQueueOptions): DelayQueue {
  return {
    async send(messages) {
      const now = clock.now();
      const entries = messages.map(({ transition, at }) => ({
        MessageBody: seal(transition, secret, { at }),
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
  readonly scheduler: {
    readonly client: SchedulerClient;
    readonly group: string;
    /** May send to the queue of delays, and to the dead letters. */
    readonly roleArn: string;
    readonly delayQueueArn: string;
    readonly deadLettersArn: string;
  };
}

export function createTimerScheduler({
  delayQueue,
  transitions,
  clock,
  secret,
  scheduler,
}: TimerSchedulerOptions): TimerScheduler {
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

  async function schedule(run: RunId, timer: Timer): Promise<void> {
    const { client, group, roleArn, delayQueueArn, deadLettersArn } = scheduler;
    const transition = firedTransition(run, timer);
    const name = `${run}-${createHash('sha256')
      .update(JSON.stringify([transition, timer.at]))
      .digest('hex')
      .slice(0, 32)}`;
    try {
      await client.send(
        new CreateScheduleCommand({
          Name: name,
          GroupName: group,
          ScheduleExpression: `at(${new Date(timer.at - SCHEDULE_LEAD_MS).toISOString().slice(0, 19)})`,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: delayQueueArn,
            RoleArn: roleArn,
            Input: seal(transition, secret, { at: timer.at }),
            DeadLetterConfig: { Arn: deadLettersArn },
          },
        }),
      );
    } catch (error) {
      // The same timer, set before.
      if (!(error instanceof ConflictException)) throw error;
    }
  }

  return {
    async set(run, timers) {
      const now = clock.now();
      const due = timers.filter(({ at }) => at <= now);
      for (const timer of due)
        await transitions.send([firedTransition(run, timer)], deduplicationDiscriminator(timer.at));
      const queued = timers.filter(({ at }) => at > now && at - now <= MAX_QUEUE_DELAY_MS);
      if (queued.length > 0)
        await delayQueue.send(
          queued.map((timer) => ({ transition: firedTransition(run, timer), at: timer.at })),
        );
      const scheduled = timers.filter(({ at }) => at - now > MAX_QUEUE_DELAY_MS);
      for (let first = 0; first < scheduled.length; first += MAX_PARALLEL_SCHEDULES) {
        await Promise.all(
          scheduled
            .slice(first, first + MAX_PARALLEL_SCHEDULES)
            .map((timer) => schedule(run, timer)),
        );
      }
    },
  };
}

/** What tells two firings of one timer apart that was set for two times. */
export const deduplicationDiscriminator = (at: number): string => String(at);

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
import { ConflictException, CreateScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { RunId } from '../model/ids.ts';
import type { Transition, TransitionOf } from '../model/transition.ts';
import type { Clock } from '../ports/clock.ts';
import type { Timer } from '../ports/tasks.ts';
import { seal } from './envelope.ts';
import { type SqsTransitions, sendAll } from './transitions.ts';

export interface Delays {
  /** Sends the transition when its time has come, at the least once. @param at milliseconds since the epoch */
  send(messages: readonly { readonly transition: Transition; readonly at: number }[]): Promise<void>;
}

/** The longest delay of a message in SQS. */
const LONGEST_DELAY = 900_000;
const SCHEDULE_LEAD = 60_000;
const SCHEDULES_AT_ONCE = 10;

export interface DelaysOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly secret: Buffer;
  readonly clock: Clock;
}

/** The queue of delays. What is due later than it can delay is delayed again by whoever takes it out (`routing.ts`). */
export function createDelays({ client, queueUrl, secret, clock }: DelaysOptions): Delays {
  return {
    async send(messages) {
      const now = clock.now();
      const entries = messages.map(({ transition, at }) => ({
        MessageBody: seal(transition, secret, { at }),
        DelaySeconds: Math.ceil(Math.min(Math.max(at - now, 0), LONGEST_DELAY) / 1000),
      }));
      await sendAll(client, queueUrl, entries);
    },
  };
}

export interface Timers {
  set(run: RunId, timers: readonly Timer[]): Promise<void>;
}

export interface TimersOptions {
  readonly delays: Delays;
  readonly transitions: SqsTransitions;
  readonly clock: Clock;
  readonly secret: Buffer;
  readonly scheduler: {
    readonly client: SchedulerClient;
    readonly group: string;
    /** May send to the queue of delays, and to the dead letters. */
    readonly roleArn: string;
    readonly delaysArn: string;
    readonly deadLettersArn: string;
  };
}

export function createTimers({ delays, transitions, clock, secret, scheduler }: TimersOptions): Timers {
  const fires = (run: RunId, { kind, subject, generation }: Timer): TransitionOf<'timer.fired'> => ({
    kind: 'timer.fired',
    run,
    timer: kind,
    subject,
    generation,
  });

  async function schedule(run: RunId, timer: Timer): Promise<void> {
    const { client, group, roleArn, delaysArn, deadLettersArn } = scheduler;
    const transition = fires(run, timer);
    const name = `${run}-${createHash('sha256')
      .update(JSON.stringify([transition, timer.at]))
      .digest('hex')
      .slice(0, 32)}`;
    try {
      await client.send(
        new CreateScheduleCommand({
          Name: name,
          GroupName: group,
          ScheduleExpression: `at(${new Date(timer.at - SCHEDULE_LEAD).toISOString().slice(0, 19)})`,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: { Arn: delaysArn, RoleArn: roleArn, Input: seal(transition, secret, { at: timer.at }), DeadLetterConfig: { Arn: deadLettersArn } },
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
      for (const timer of due) await transitions.send([fires(run, timer)], occasionOf(timer.at));
      const soon = timers.filter(({ at }) => at > now && at - now <= LONGEST_DELAY);
      if (soon.length > 0) await delays.send(soon.map((timer) => ({ transition: fires(run, timer), at: timer.at })));
      const late = timers.filter(({ at }) => at - now > LONGEST_DELAY);
      for (let first = 0; first < late.length; first += SCHEDULES_AT_ONCE) {
        await Promise.all(late.slice(first, first + SCHEDULES_AT_ONCE).map((timer) => schedule(run, timer)));
      }
    },
  };
}

/** What tells two firings of one timer apart that was set for two times. */
export const occasionOf = (at: number): string => String(at);

/**
 * The timers of schedules with `cron` and `every`: one schedule of EventBridge Scheduler each, which
 * sends a message to the queue of firings whenever it is due.
 *
 * 1. The message has the time at which it was due, so that a message that is delivered twice, or
 *    late, is the same firing.
 * 2. A paused schedule has a disabled timer.
 * 3. Setting a timer again is harmless. It starts with the next due time: EventBridge accepts no
 *    start in the past.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { intervalMs, type Schedule, type ScheduleName } from '../../model/schedule.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ScheduleTimers } from '../../ports/schedules.ts';
import { cronExpression } from './cron-expression.ts';

export interface ScheduleTimersOptions {
  readonly client: SchedulerClient;
  readonly group: string;
  /** May send to the queue of firings and to the dead letters. */
  readonly roleArn: string;
  readonly firingsArn: string;
  readonly deadLettersArn: string;
  readonly clock: Clock;
}

/** EventBridge Scheduler replaces it by the time at which the message was due. */
const SCHEDULED_TIME = '<aws.scheduler.scheduled-time>';
const MINUTE_MS = 60_000;
/** An older message is of no use: a check has found its occurrence. */
const MAX_MESSAGE_AGE_SECONDS = 3600;

export function createScheduleTimers(options: ScheduleTimersOptions): ScheduleTimers {
  const { client, group: GroupName } = options;

  async function remove(name: ScheduleName): Promise<void> {
    try {
      await client.send(new DeleteScheduleCommand({ GroupName, Name: timerName(name) }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }

  return {
    async set(schedule) {
      const input = timerOf(schedule, options);
      if (input === undefined) return await remove(schedule);
      try {
        await client.send(new UpdateScheduleCommand(input));
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
        await create(client, input);
      }
    },
    remove,
  };
}

async function create(client: SchedulerClient, input: CreateScheduleCommandInput): Promise<void> {
  try {
    await client.send(new CreateScheduleCommand(input));
  } catch (error) {
    // Another request created it since.
    if (!(error instanceof ConflictException)) throw error;
    await client.send(new UpdateScheduleCommand(input));
  }
}

/** Names of projects have characters that a timer's name may not have. */
export const timerName = ({ project, name }: ScheduleName): string =>
  createHash('sha256')
    .update(JSON.stringify([project, name]))
    .digest('hex')
    .slice(0, 40);

function timerOf(
  schedule: Schedule,
  options: ScheduleTimersOptions,
): CreateScheduleCommandInput | undefined {
  const { project, name, cron, every, timeZone, paused, activeSince } = schedule;
  const { group, roleArn, firingsArn, deadLettersArn, clock } = options;
  const expression = cron === undefined ? every && rateExpression(every) : cronExpression(cron);
  if (expression === undefined) return undefined;
  return {
    GroupName: group,
    Name: timerName(schedule),
    Description: `Headrace: ${project}/${name}`.slice(0, 512),
    State: paused ? 'DISABLED' : 'ENABLED',
    ScheduleExpression: expression,
    ScheduleExpressionTimezone: timeZone ?? 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    ...(every === undefined
      ? {}
      : { StartDate: new Date(startOf(activeSince, intervalMs(every), clock.now())) }),
    Target: {
      Arn: firingsArn,
      RoleArn: roleArn,
      Input: JSON.stringify({ kind: 'due', project, schedule: name, due: SCHEDULED_TIME }),
      DeadLetterConfig: { Arn: deadLettersArn },
      RetryPolicy: {
        MaximumRetryAttempts: 185,
        MaximumEventAgeInSeconds: MAX_MESSAGE_AGE_SECONDS,
      },
    },
  };
}

/** The first due time after now, of an interval that counts from `activeSince`. */
const startOf = (activeSince: number, step: number, now: number): number =>
  activeSince + Math.max(1, Math.floor((now - activeSince) / step) + 1) * step;

/** `rate(90 minutes)` */
function rateExpression(every: string): string {
  const minutes = intervalMs(every) / MINUTE_MS;
  return `rate(${minutes} minute${minutes === 1 ? '' : 's'})`;
}

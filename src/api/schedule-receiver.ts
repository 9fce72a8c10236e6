/**
 * Fires the schedules of a deployment: handles the messages about occurrences.
 *
 * 1. A message may arrive twice, late or never. The key of a firing follows from the occurrence
 *    alone, so that a second message finds the claim of the first; a check finds due times and ends
 *    of runs that no message reported (`schedule-catch-up.ts`). A new object has its message only.
 * 2. The recorded schedule decides, not the message. A timer that contradicts it, because a change
 *    stopped between the two, is set again as the schedule states it.
 *
 * @module
 */
import type { FiringMessage, ObservedObject } from '../model/firing-message.ts';
import type { RunId } from '../model/ids.ts';
import { causeOf, type Firing, type Schedule, type ScheduleName } from '../model/schedule.ts';
import { allSchedules, type ScheduleTimers } from '../ports/schedules.ts';
import type { Tasks } from '../ports/tasks.ts';
import { dueTimeNear } from '../schedules/calendar.ts';
import { type CatchUpOptions, type CatchUpPorts, catchUp } from './schedule-catch-up.ts';
import {
  dueOccurrence,
  fireSchedule,
  type Occurrence,
  objectOccurrence,
  runOccurrence,
} from './schedule-firing.ts';

export interface FiringReceiverPorts extends CatchUpPorts {
  readonly tasks: Pick<Tasks, 'run'>;
  readonly timers: ScheduleTimers;
  report(event: FiringReport): void;
}

export interface FiringReport extends ScheduleName {
  readonly firings?: readonly Firing[];
  readonly missed?: number;
  readonly error?: unknown;
}

const MINUTE_MS = 60_000;
/** The precision of the time of an event. */
const EVENT_TIME_MS = 1000;

/** A run that takes longer may be older than all runs that a check reads. */
const MAX_RUN_MS = 24 * 60 * MINUTE_MS;
/** Each page of them is a request to the table. */
const MAX_READ_RUNS = 1000;

/** A message is delivered within five minutes, unless something failed. */
export const DEPLOYMENT_CHECK: CatchUpOptions = {
  settleMs: 5 * MINUTE_MS,
  lateAfterMs: 60 * MINUTE_MS,
  runDelayMs: 5 * MINUTE_MS,
  missedReason: 'the deployment started no runs at that time',
  readsRunsBefore: ({ createdAt, count, position }) =>
    count < MAX_READ_RUNS && createdAt > position - MAX_RUN_MS,
};

/** @throws an error that may pass: the message must be delivered again */
export async function receiveFiring(
  ports: FiringReceiverPorts,
  message: FiringMessage,
): Promise<void> {
  switch (message.kind) {
    case 'due':
      return await receiveDue(ports, message.schedule, message.due);
    case 'run':
      return await receiveRun(ports, message.run);
    case 'object':
      return await receiveObject(ports, message.object);
    case 'check':
      return await checkSchedules(ports);
  }
}

async function receiveDue(
  ports: FiringReceiverPorts,
  name: ScheduleName,
  due: number,
): Promise<void> {
  const schedule = await ports.schedules.schedule(name);
  // Its removal stopped before that of the timer.
  if (schedule === undefined) return await ports.timers.remove(name);
  const time = schedule.paused ? undefined : dueTimeNear(schedule, due);
  if (time === undefined) return await ports.timers.set(schedule);
  await fire(ports, schedule, dueOccurrence(time));
}

async function receiveRun(ports: FiringReceiverPorts, id: RunId): Promise<void> {
  const schedules = await activeSchedules(ports, 'after');
  if (schedules.length === 0) return;
  const run = await ports.tasks.run(id);
  if (run === undefined) return;
  for (const schedule of schedules) {
    const occurrence = runOccurrence(schedule, run);
    if (occurrence !== undefined && (run.head.endedAt ?? 0) > schedule.activeSince)
      await fire(ports, schedule, occurrence);
  }
}

async function receiveObject(ports: FiringReceiverPorts, object: ObservedObject): Promise<void> {
  for (const schedule of await activeSchedules(ports, 'object')) {
    const occurrence = objectOccurrence(schedule, object);
    if (occurrence !== undefined && object.at + EVENT_TIME_MS > schedule.activeSince)
      await fire(ports, schedule, occurrence);
  }
}

/** An error of one schedule does not stop the others. */
async function checkSchedules(ports: FiringReceiverPorts): Promise<void> {
  for (const schedule of await allSchedules(ports.schedules)) {
    const { project, name } = schedule;
    try {
      if (schedule.paused) continue;
      const { firings, missed } = await catchUp(ports, schedule, DEPLOYMENT_CHECK);
      // Its timer may be missing, or be that of an earlier state.
      if (firings.length > 0 && schedule.after === undefined) await ports.timers.set(schedule);
      if (firings.length > 0 || missed > 0) ports.report({ project, name, firings, missed });
    } catch (error) {
      ports.report({ project, name, error });
    }
  }
}

const activeSchedules = async (
  { schedules }: FiringReceiverPorts,
  cause: 'after' | 'object',
): Promise<readonly Schedule[]> =>
  (await allSchedules(schedules)).filter((each) => !each.paused && causeOf(each) === cause);

async function fire(
  ports: FiringReceiverPorts,
  schedule: Schedule,
  occurrence: Occurrence,
): Promise<void> {
  const { project, name } = schedule;
  const firing = await fireSchedule(ports, schedule, occurrence);
  ports.report({ project, name, firings: [firing] });
}

/**
 * Changes of schedules, for the API and for the commands on this machine.
 *
 * 1. A schedule is checked as its runs will be: pipeline, version, arguments, tags, queues and
 *    input files.
 * 2. A schedule on record always has its timer: the timer is set before a schedule is recorded, and
 *    removed after it. A timer without a schedule starts nothing.
 * 3. Repeating a change is harmless.
 *
 * @module
 */

import {
  causeOf,
  isSameCause,
  MAX_SCHEDULE_BYTES,
  type Schedule,
  type ScheduleName,
  type ScheduleSpec,
  scheduleSpecSchema,
  type WatchedObjects,
} from '../model/schedule.ts';
import { placeholderProblem, SAMPLE_VALUES } from '../model/schedule-arguments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Schedules, ScheduleTimers } from '../ports/schedules.ts';
import { calendarProblem } from '../schedules/calendar.ts';
import type { RunControl, ScheduleControl } from './ports.ts';
import { invalidField, ProblemError } from './problems.ts';
import type { RunCreationPorts } from './run-creation.ts';
import { prepareScheduledRun, requireNoUploads } from './scheduled-run.ts';

export interface ScheduleControlPorts extends RunCreationPorts {
  readonly runs: Pick<RunControl, 'newId' | 'prepare'>;
  readonly schedules: Schedules;
  /** Timers outside of this process. */
  readonly timers?: ScheduleTimers | undefined;
  /** Why new objects of the bucket or folder are not noticed here; undefined: they are. */
  objectProblem(object: WatchedObjects): string | undefined;
  readonly clock: Clock;
}

export const createScheduleControl = (ports: ScheduleControlPorts): ScheduleControl => ({
  schedules: ports.schedules,
  put: (spec, options) => putSchedule(ports, spec, options),
  setPaused: (name, paused) => setPaused(ports, name, paused),
  remove: (name) => removeSchedule(ports, name),
});

async function putSchedule(
  ports: ScheduleControlPorts,
  requested: ScheduleSpec,
  { replace, declared }: { readonly replace: boolean; readonly declared: boolean },
): Promise<Schedule> {
  const { schedules, clock } = ports;
  const before = await schedules.schedule(requested);
  // A user paused it: the file that declares it does not resume it.
  const spec = declared && before?.paused === true ? { ...requested, paused: true } : requested;
  await checkSchedule(ports, spec);
  if (before !== undefined && isSameSpec(before, spec) && before.declared === declared)
    return before;
  if (before !== undefined && !replace)
    throw new ProblemError(
      409,
      `project ${spec.project} has another schedule ${spec.name}: choose another name, or replace it`,
      [{ in: 'body', field: 'name', detail: 'the name is in use' }],
    );
  const now = clock.now();
  const continues =
    before !== undefined && !before.paused && !spec.paused && isSameCause(before, spec);
  return await save(ports, before, {
    ...spec,
    declared,
    revision: nextRevision(before, now),
    createdAt: before?.createdAt ?? now,
    activeSince: continues ? before.activeSince : now,
    position: continues ? before.position : now,
  });
}

/** Above those of an earlier schedule of this name, too. */
const nextRevision = (before: Schedule | undefined, now: number): number =>
  Math.max(now, (before?.revision ?? 0) + 1);

async function setPaused(
  ports: ScheduleControlPorts,
  name: ScheduleName,
  paused: boolean,
): Promise<Schedule> {
  const before = await findScheduleOrThrow(ports, name);
  if (before.paused === paused) return before;
  const now = ports.clock.now();
  return await save(ports, before, {
    ...before,
    paused,
    revision: nextRevision(before, now),
    // What was due during the pause is not missed.
    ...(paused ? {} : { activeSince: now, position: now }),
  });
}

/** Rule 2. */
async function save(
  { schedules, timers }: ScheduleControlPorts,
  before: Schedule | undefined,
  after: Schedule,
): Promise<Schedule> {
  if (!after.paused) await timers?.set(after);
  if (!(await schedules.write(after, before?.revision ?? null))) {
    const stored = await schedules.schedule(after);
    if (stored === undefined) await timers?.remove(after);
    else await timers?.set(stored);
    throw new ProblemError(409, `schedule ${after.name} was changed meanwhile: try again`);
  }
  if (after.paused) await timers?.set(after);
  return after;
}

async function removeSchedule(
  { schedules, timers }: ScheduleControlPorts,
  name: ScheduleName,
): Promise<boolean> {
  const existed = await schedules.remove(name);
  // Also if it did not exist: an earlier removal may have ended before this.
  await timers?.remove(name);
  return existed;
}

/** @throws ProblemError */
export async function findScheduleOrThrow(
  { schedules }: Pick<ScheduleControlPorts, 'schedules'>,
  name: ScheduleName,
): Promise<Schedule> {
  const found = await schedules.schedule(name);
  if (found !== undefined) return found;
  throw new ProblemError(404, `project ${name.project} has no schedule ${name.name}`, [
    { in: 'path', field: 'schedule', detail: 'there is no such schedule' },
  ]);
}

/** Rule 1. @throws ProblemError, or HeadraceError with the invalid `argument` */
async function checkSchedule(ports: ScheduleControlPorts, spec: ScheduleSpec): Promise<void> {
  const problem = calendarProblem(spec);
  if (problem !== undefined) throw invalidField(problem.field, problem.detail);
  const cause = causeOf(spec);
  const placeholder = placeholderProblem(spec.args, cause);
  if (placeholder !== undefined) throw invalidField('args', placeholder);
  const { after, object } = spec;
  if (after?.pipeline === spec.pipeline && (after.project ?? spec.project) === spec.project)
    throw invalidField('after', 'a pipeline that starts after itself would never end');
  const objects = object === undefined ? undefined : ports.objectProblem(object);
  if (objects !== undefined) throw invalidField('object', objects);
  const size = Buffer.byteLength(JSON.stringify(spec));
  if (size > MAX_SCHEDULE_BYTES)
    throw invalidField(
      'args',
      `the schedule has ${size} bytes as JSON, and it may have ${MAX_SCHEDULE_BYTES}`,
    );
  const run = await prepareScheduledRun(ports, ports.runs.newId(), spec, SAMPLE_VALUES);
  await requireNoUploads(ports, run, spec);
}

/** Compares what users declare. */
export const isSameSpec = (a: ScheduleSpec, b: ScheduleSpec): boolean =>
  specText(a) === specText(b);

const specText = (spec: ScheduleSpec): string =>
  JSON.stringify(scheduleSpecSchema.parse(declaredPart(spec)));

/** The schedule without what Headrace records about it. */
export function declaredPart(spec: ScheduleSpec): ScheduleSpec {
  const { project, pipeline, name, version, args, tags, paused, missed } = spec;
  const { cron, timeZone, every, after, object } = spec;
  return {
    project,
    pipeline,
    name,
    version,
    args,
    tags,
    paused,
    missed,
    cron,
    timeZone,
    every,
    after,
    object,
  };
}

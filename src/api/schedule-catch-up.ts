/**
 * Compares a schedule with what happened since its position, and fires what was not observed.
 *
 * `headrace dev` fires its schedules by this alone. In a deployment, timers and events report each
 * occurrence, and this finds those whose report was lost.
 *
 * 1. An occurrence is handled once, also if the process stops at any moment: its firing is claimed
 *    in the store, and a firing that was claimed without a run is continued.
 * 2. An occurrence that is older than `lateAfterMs` is late: nothing was there to start its run. It
 *    is recorded as missed. With `missed: 'once'`, the last late one starts a run.
 * 3. The position is raised last, to a time up to which every occurrence is on record.
 *
 * @module
 */
import type { Firing, Schedule } from '../model/schedule.ts';
import { causeOf, MAX_SHOWN_FIRINGS } from '../model/schedule.ts';
import { MAX_KEPT_FIRINGS, type Schedules, type WatchedFolders } from '../ports/schedules.ts';
import type { RunQueries } from '../ports/tasks.ts';
import { dueTimes } from '../schedules/calendar.ts';
import {
  continueFiring,
  dueOccurrence,
  type FiringPorts,
  fireSchedule,
  type Occurrence,
  objectOccurrence,
  recordOccurrence,
  runOccurrence,
} from './schedule-firing.ts';

/** Missed firings that are recorded: the last ones. */
const MAX_RECORDED = MAX_SHOWN_FIRINGS;
const RUNS_PER_PAGE = 100;
/** A file that changed since may still be written. */
const FILE_SETTLE_MS = 2_000;

export interface CatchUpPorts extends FiringPorts {
  readonly schedules: Schedules;
  readonly queries: Pick<RunQueries, 'runs'>;
  /** Undefined: there are no folders. */
  readonly folders?: WatchedFolders | undefined;
}

export interface CatchUpOptions {
  /** Younger occurrences are left to their reports. */
  readonly settleMs: number;
  /** Rule 2. */
  readonly lateAfterMs: number;
  readonly missedReason: string;
  /** A run that ended may be on record so much later. */
  readonly runDelayMs: number;
  /** Whether older runs, by the time of their creation, are read for a schedule with `after`. */
  readsRunsBefore(last: ReadRuns): boolean;
}

export interface ReadRuns {
  /** When the oldest run that was read was created. */
  readonly createdAt: number;
  readonly count: number;
  /** The position of the schedule: runs that ended before are handled. */
  readonly position: number;
}

export interface CaughtUp {
  /** The firings that started a run, or could not. */
  readonly firings: readonly Firing[];
  readonly missed: number;
  /** There are more missed ones, which are not recorded. */
  readonly more: boolean;
}

interface Due extends Occurrence {
  readonly time: number;
}

export async function catchUp(
  ports: CatchUpPorts,
  schedule: Schedule,
  options: CatchUpOptions,
): Promise<CaughtUp> {
  const { schedules, clock } = ports;
  const now = clock.now();
  const until = now - options.settleMs;
  const recorded = await schedules.firings(schedule, MAX_KEPT_FIRINGS);
  const firings: Firing[] = [];
  for (const firing of recorded)
    if (firing.outcome.status === 'starting' && firing.at <= until)
      firings.push(await continueFiring(ports, schedule, firing));
  const { due: all, more } = await dueSince(ports, schedule, until, options);
  const due = all.filter(({ key }) => !recorded.some((firing) => firing.key === key));
  const late = due.filter(({ time }) => time < now - options.lateAfterMs);
  const [last] = late.slice(-1);
  const fired = due.filter(
    (each) => !late.includes(each) || (each === last && schedule.missed === 'once'),
  );
  const missed = late.filter((each) => !fired.includes(each));
  for (const occurrence of missed)
    await recordOccurrence(ports, schedule, occurrence, {
      status: 'missed',
      reason: options.missedReason,
    });
  for (const occurrence of fired) firings.push(await fireSchedule(ports, schedule, occurrence));
  const isTimed = schedule.cron !== undefined || schedule.every !== undefined;
  // What is observed at its time may be on record a little later.
  const position = isTimed ? until : until - options.runDelayMs;
  if (all.length > 0 || !isTimed) await schedules.advance(schedule, position);
  return { firings, missed: missed.length, more };
}

interface DueSince {
  readonly due: readonly Due[];
  readonly more: boolean;
}

async function dueSince(
  ports: CatchUpPorts,
  schedule: Schedule,
  until: number,
  options: CatchUpOptions,
): Promise<DueSince> {
  switch (causeOf(schedule)) {
    case 'after':
      return { due: await endedRuns(ports, schedule, until, options), more: false };
    case 'object':
      return { due: await newFiles(ports, schedule, until), more: false };
    default: {
      const { times, more } = dueTimes(schedule, {
        after: schedule.position,
        until,
        limit: MAX_RECORDED,
      });
      return { due: times.map((time) => ({ time, ...dueOccurrence(time) })), more };
    }
  }
}

async function endedRuns(
  { queries }: CatchUpPorts,
  schedule: Schedule,
  until: number,
  { readsRunsBefore }: CatchUpOptions,
): Promise<readonly Due[]> {
  const { after, position } = schedule;
  if (after === undefined) return [];
  const found: Due[] = [];
  let count = 0;
  for (let before: string | undefined; ; ) {
    const page = await queries.runs({
      project: after.project ?? schedule.project,
      pipeline: after.pipeline,
      status: after.status,
      limit: RUNS_PER_PAGE,
      ...(before === undefined ? {} : { before }),
    });
    for (const run of page) {
      const occurrence = runOccurrence(schedule, run);
      const time = run.head.endedAt ?? 0;
      if (occurrence !== undefined && time > position && time <= until)
        found.push({ time, ...occurrence });
    }
    count += page.length;
    const last = page.at(-1)?.info;
    if (
      last === undefined ||
      page.length < RUNS_PER_PAGE ||
      !readsRunsBefore({ createdAt: last.createdAt, count, position })
    )
      return inOrder(found);
    before = last.id;
  }
}

async function newFiles(
  { folders, clock }: CatchUpPorts,
  schedule: Schedule,
  until: number,
): Promise<readonly Due[]> {
  const { object, position } = schedule;
  if (object?.folder === undefined || folders === undefined) return [];
  const files = await folders.files(object.folder);
  return inOrder(
    files.flatMap((file): readonly Due[] => {
      const occurrence = objectOccurrence(schedule, file);
      const isSettled = file.at <= Math.min(until, clock.now() - FILE_SETTLE_MS);
      return occurrence === undefined || file.at <= position || !isSettled
        ? []
        : [{ time: file.at, ...occurrence }];
    }),
  );
}

const inOrder = (due: readonly Due[]): readonly Due[] =>
  [...due].sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : 1));

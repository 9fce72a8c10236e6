/**
 * The port of schedules and of their firings.
 *
 * 1. A schedule is written under a condition: of two changes at the same time, one is refused.
 * 2. A firing is claimed before its run is created. Of all claims of a firing, the first one decides
 *    its run; the run's id is returned to each of them.
 * 3. `position` never decreases while the schedule is not written.
 *
 * @module
 */
import type { ObservedObject } from '../model/firing-message.ts';
import type { Firing, FiringOutcome, Schedule, ScheduleName } from '../model/schedule.ts';

export interface Schedules {
  /**
   * Writes the schedule if its stored revision is `revision`, or if there is none and `revision` is
   * null. Returns whether it was written.
   */
  write(schedule: Schedule, revision: number | null): Promise<boolean>;
  schedule(name: ScheduleName): Promise<Schedule | undefined>;
  /** In the order of projects, then of names, after `after`. */
  schedules(page: {
    readonly project?: string | undefined;
    readonly after?: ScheduleName | undefined;
    readonly limit: number;
  }): Promise<readonly Schedule[]>;
  /** Removes the schedule with its firings. Returns whether it existed. */
  remove(name: ScheduleName): Promise<boolean>;
  /** Raises the position of the schedule, if it exists and its position is lower. */
  advance(name: ScheduleName, position: number): Promise<void>;
  /** Records the firing unless one with its key is recorded. Returns the recorded one. */
  claim(name: ScheduleName, firing: Firing): Promise<Firing>;
  /** Records how a claimed firing ended. */
  settle(name: ScheduleName, key: string, outcome: FiringOutcome): Promise<void>;
  /** The last firings by key, last first. Old ones may be forgotten. */
  firings(name: ScheduleName, limit: number): Promise<readonly Firing[]>;
}

/** Firings of a schedule that are kept where nothing expires. */
export const MAX_KEPT_FIRINGS = 500;

/** Reads all schedules, page by page. */
export async function allSchedules(
  schedules: Pick<Schedules, 'schedules'>,
  project?: string,
): Promise<readonly Schedule[]> {
  const found: Schedule[] = [];
  for (let after: ScheduleName | undefined; ; ) {
    const page = await schedules.schedules({ project, after, limit: PAGE });
    found.push(...page);
    after = page.at(-1);
    if (page.length < PAGE) return found;
  }
}

const PAGE = 200;

/** The files that schedules with a folder are about. */
export interface WatchedFolders {
  /** The files of the folder; none if there is no such folder. */
  files(folder: string): Promise<readonly ObservedObject[]>;
}

/** Timers of schedules with `cron` and `every`, kept outside of this process. */
export interface ScheduleTimers {
  /** Sets the timer as the schedule states it, paused or not; removes it if it has no times. */
  set(schedule: Schedule): Promise<void>;
  /** Removes the timer, if there is one. */
  remove(name: ScheduleName): Promise<void>;
}

/**
 * Fires the schedules of a home while `headrace dev` runs.
 *
 * 1. Every check reads the schedules anew: commands of other processes change them.
 * 2. An occurrence is handled once, also if the server stops at any moment: its firing is claimed
 *    in the store, and a firing that was claimed without a run is continued.
 * 3. An occurrence that was due more than a minute ago is late: nothing was there to start its run.
 *    It is recorded as missed. With `missed: 'once'`, the last late one starts a run.
 *
 * @module
 */
import {
  continueFiring,
  dueOccurrence,
  type FiringPorts,
  fireSchedule,
  type Occurrence,
  recordOccurrence,
  runOccurrence,
} from '../../api/schedule-firing.ts';
import type { RunId } from '../../model/ids.ts';
import { causeOf, type Firing, MAX_SHOWN_FIRINGS, type Schedule } from '../../model/schedule.ts';
import { allSchedules, MAX_KEPT_FIRINGS, type Schedules } from '../../ports/schedules.ts';
import type { RunQueries, Tasks } from '../../ports/tasks.ts';
import { dueTimes, nextDue } from '../../schedules/calendar.ts';
import { type HintTarget, hint } from '../../view/hints.ts';

/** Rule 3. */
const LATE_AFTER_MS = 60_000;
/** The longest time until a change of the schedules is noticed. */
const CHECK_INTERVAL_MS = 5_000;
/** How often the runs of other processes are read. Those of this one are reported. */
const READ_INTERVAL_MS = 30_000;
/** Ended runs that a check reads for a schedule with `after`. */
const MAX_READ_RUNS = 20;
/** Missed firings that are recorded: the last ones. */
const MAX_RECORDED = MAX_SHOWN_FIRINGS;

export interface ScheduleRunnerPorts extends FiringPorts {
  readonly schedules: Schedules;
  readonly queries: Pick<RunQueries, 'runs'>;
  readonly tasks: Pick<Tasks, 'run'>;
  readonly hintTarget: HintTarget;
  /** Prints a line about a firing. */
  note(line: string): void;
}

interface Due extends Occurrence {
  readonly time: number;
}

export class ScheduleRunner {
  readonly #ports: ScheduleRunnerPorts;
  #timer: NodeJS.Timeout | undefined;
  #lastRead = Number.NEGATIVE_INFINITY;
  /** Checks run one after the other. */
  #last: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(ports: ScheduleRunnerPorts) {
    this.#ports = ports;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#last;
  }

  /** Handles everything that is due, and waits for what is due next. */
  check(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#inTurn(async () => {
      let schedules: readonly Schedule[] = [];
      try {
        schedules = await this.#active();
        const readsRuns = this.#ports.clock.now() - this.#lastRead >= READ_INTERVAL_MS;
        if (readsRuns) this.#lastRead = this.#ports.clock.now();
        for (const schedule of schedules)
          if (readsRuns || schedule.after === undefined)
            await this.#guard(schedule, () => this.#handle(schedule));
      } finally {
        this.#wait(schedules);
      }
    });
  }

  /** A run of this process ended. */
  runEnded(id: RunId): Promise<void> {
    return this.#inTurn(async () => {
      const after = (await this.#active()).filter((each) => each.after !== undefined);
      if (after.length === 0) return;
      const run = await this.#ports.tasks.run(id);
      if (run === undefined) return;
      for (const schedule of after) {
        const occurrence = runOccurrence(schedule, run);
        if (occurrence !== undefined)
          await this.#guard(schedule, () => this.#fire(schedule, occurrence));
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last
      .then(async () => {
        if (!this.#isStopped) await work();
      })
      .catch((error: unknown) => this.#noteError('schedules', error));
    return this.#last;
  }

  async #active(): Promise<readonly Schedule[]> {
    return (await allSchedules(this.#ports.schedules)).filter(({ paused }) => !paused);
  }

  #wait(schedules: readonly Schedule[]): void {
    const now = this.#ports.clock.now();
    const next = schedules.flatMap((schedule) => nextDue(schedule, now) ?? []);
    const delay = Math.min(CHECK_INTERVAL_MS, ...next.map((due) => Math.max(due - now, 0)));
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.check(), delay);
  }

  async #handle(schedule: Schedule): Promise<void> {
    const now = this.#ports.clock.now();
    const recorded = await this.#ports.schedules.firings(schedule, MAX_KEPT_FIRINGS);
    for (const firing of recorded)
      if (firing.outcome.status === 'starting')
        this.#noteFiring(schedule, await continueFiring(this.#ports, schedule, firing));
    const { due: all, more } = await this.#dueSince(schedule, now);
    const due = all.filter(({ key }) => !recorded.some((firing) => firing.key === key));
    const late = due.filter(({ time }) => time < now - LATE_AFTER_MS);
    const [last] = late.slice(-1);
    const fired = due.filter(
      (each) => !late.includes(each) || (each === last && schedule.missed === 'once'),
    );
    await this.#recordMissed(
      schedule,
      late.filter((each) => !fired.includes(each)),
      more,
    );
    for (const occurrence of fired) await this.#fire(schedule, occurrence);
    // A run that ended just before may not be on record yet.
    const position = causeOf(schedule) === 'after' ? now - LATE_AFTER_MS : now;
    if (all.length > 0 || causeOf(schedule) === 'after')
      await this.#ports.schedules.advance(schedule, position);
  }

  async #dueSince(
    schedule: Schedule,
    now: number,
  ): Promise<{ readonly due: readonly Due[]; readonly more: boolean }> {
    const { position, after } = schedule;
    if (after === undefined) {
      const { times, more } = dueTimes(schedule, {
        after: position,
        until: now,
        limit: MAX_RECORDED,
      });
      return { due: times.map((time) => ({ time, ...dueOccurrence(time) })), more };
    }
    const project = after.project ?? schedule.project;
    const runs = await this.#ports.queries.runs({
      project,
      pipeline: after.pipeline,
      status: after.status,
      limit: MAX_READ_RUNS,
    });
    const due = runs.flatMap((run): readonly Due[] => {
      const occurrence = runOccurrence(schedule, run);
      const time = run.head.endedAt ?? 0;
      return occurrence === undefined || time <= position ? [] : [{ time, ...occurrence }];
    });
    return { due: due.sort((a, b) => a.time - b.time), more: false };
  }

  async #recordMissed(schedule: Schedule, missed: readonly Due[], more: boolean): Promise<void> {
    const reason = '`headrace dev` did not run';
    for (const occurrence of missed)
      await recordOccurrence(this.#ports, schedule, occurrence, { status: 'missed', reason });
    const [first] = missed;
    if (first === undefined) return;
    const count = more ? `more than ${missed.length} runs` : countOf(missed.length);
    const command = hint(this.#ports.hintTarget, 'schedules', 'show', schedule.name);
    this.#ports.note(
      `schedule ${schedule.name} missed ${count} while \`headrace dev\` did not run: \`${command}\` lists the last ones`,
    );
  }

  async #fire(schedule: Schedule, occurrence: Occurrence): Promise<void> {
    this.#noteFiring(schedule, await fireSchedule(this.#ports, schedule, occurrence));
  }

  #noteFiring({ name }: Schedule, { values, outcome }: Firing): void {
    const what = `schedule ${name}, due at ${values.due},`;
    if (outcome.status === 'started') this.#ports.note(`${what} started run ${outcome.run}`);
    if (outcome.status === 'failed') this.#ports.note(`${what} started no run: ${outcome.reason}`);
  }

  /** An error of one schedule does not stop the others. */
  async #guard({ name }: Schedule, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#noteError(`schedule ${name}`, error);
    }
  }

  #noteError(subject: string, error: unknown): void {
    this.#ports.note(`${subject}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const countOf = (runs: number): string => (runs === 1 ? 'a run' : `${runs} runs`);

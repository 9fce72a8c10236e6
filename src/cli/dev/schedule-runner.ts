/**
 * Fires the schedules of a home while `headrace dev` runs.
 *
 * 1. Every check reads the schedules anew: commands of other processes change them.
 * 2. An occurrence that was due more than a minute ago is late (`schedule-catch-up.ts`).
 *
 * @module
 */
import { type CatchUpPorts, catchUp } from '../../api/schedule-catch-up.ts';
import { fireSchedule, type Occurrence, runOccurrence } from '../../api/schedule-firing.ts';
import type { RunId } from '../../model/ids.ts';
import type { Firing, Schedule } from '../../model/schedule.ts';
import { allSchedules } from '../../ports/schedules.ts';
import type { Tasks } from '../../ports/tasks.ts';
import { nextDue } from '../../schedules/calendar.ts';
import { type HintTarget, hint } from '../../view/hints.ts';

/** Rule 2. */
const LATE_AFTER_MS = 60_000;
/** The longest time until a change of the schedules is noticed. */
const CHECK_INTERVAL_MS = 5_000;
/** How often the runs of other processes are read. Those of this one are reported. */
const READ_INTERVAL_MS = 30_000;
/** The age of the oldest runs that the first check reads for a schedule with `after`. */
const MAX_RUN_AGE_MS = 30 * 86_400_000;
const RUNS_PER_PAGE = 100;

export interface ScheduleRunnerPorts extends CatchUpPorts {
  readonly tasks: Pick<Tasks, 'run'>;
  readonly hintTarget: HintTarget;
  /** Prints a line about a firing. */
  note(line: string): void;
}

export class ScheduleRunner {
  readonly #ports: ScheduleRunnerPorts;
  #timer: NodeJS.Timeout | undefined;
  /** By schedule: the creation of the oldest run that the next check must read. */
  readonly #unreadSince = new Map<string, number>();
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
    const key = JSON.stringify([schedule.project, schedule.name]);
    const now = this.#ports.clock.now();
    const readUntil = this.#unreadSince.get(key) ?? now - MAX_RUN_AGE_MS;
    const unreadSince = schedule.after === undefined ? now : await this.#oldestUnfinished(schedule);
    const { firings, missed, more } = await catchUp(this.#ports, schedule, {
      settleMs: 0,
      lateAfterMs: LATE_AFTER_MS,
      runDelayMs: LATE_AFTER_MS,
      missedReason: '`headrace dev` did not run',
      readsRunsBefore: ({ createdAt }) => createdAt > readUntil,
    });
    this.#unreadSince.set(key, unreadSince - LATE_AFTER_MS);
    if (missed > 0) this.#noteMissed(schedule, missed, more);
    for (const firing of firings) this.#noteFiring(schedule, firing);
  }

  /** When the oldest unfinished run was created: older runs need not be read again. */
  async #oldestUnfinished({ project, after }: Schedule): Promise<number> {
    let oldest = this.#ports.clock.now();
    for (const status of ['queued', 'running', 'aborting']) {
      for (let before: string | undefined; ; ) {
        const page = await this.#ports.queries.runs({
          project: after?.project ?? project,
          pipeline: after?.pipeline,
          status,
          limit: RUNS_PER_PAGE,
          ...(before === undefined ? {} : { before }),
        });
        const last = page.at(-1)?.info;
        if (last !== undefined) oldest = Math.min(oldest, last.createdAt);
        if (last === undefined || page.length < RUNS_PER_PAGE) break;
        before = last.id;
      }
    }
    return oldest;
  }

  #noteMissed({ name }: Schedule, missed: number, more: boolean): void {
    const count = more ? `more than ${missed} runs` : countOf(missed);
    const command = hint(this.#ports.hintTarget, 'schedules', 'show', name);
    this.#ports.note(
      `schedule ${name} missed ${count} while \`headrace dev\` did not run: \`${command}\` lists the last ones`,
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

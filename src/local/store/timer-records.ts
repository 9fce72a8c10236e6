/**
 * Durable timers. Commits set and clear them, and the engine that owns the run fires them.
 *
 * 1. A timer fires at least once. It is removed when its transition was handled, or when a commit
 *    clears or replaces it.
 *
 * @module
 */
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { type TimerKind, timerKindSchema } from '../../model/transition.ts';
import type { Timer } from '../../ports/tasks.ts';
import type { Database } from './database.ts';

export interface DueTimer extends Timer {
  readonly run: RunId;
}

export interface Timers {
  /** The due timers of these runs, the earliest first. */
  due(runs: readonly RunId[], now: number, limit: number): readonly DueTimer[];
  /** The time at which the next timer of these runs is due. */
  nextDueAt(runs: readonly RunId[]): number | undefined;
  /** Removes timers whose transitions were handled, unless they were set again in the meantime. */
  removeHandled(timers: readonly DueTimer[]): void;
}

const FROM_OWNED_RUNS =
  'FROM timers JOIN runs ON runs.seq = timers.run WHERE runs.id IN (SELECT value FROM json_each(?1))';

export class TimerRecords implements Timers {
  readonly #database: Database;
  readonly #set;
  readonly #clear;
  readonly #due;
  readonly #nextDueAt;
  readonly #removeHandled;

  constructor(database: Database) {
    this.#database = database;
    this.#set = database.write(
      'INSERT OR REPLACE INTO timers (run, kind, subject, generation, at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#clear = database.write('DELETE FROM timers WHERE run = ? AND kind = ? AND subject = ?');
    this.#due = database.all(
      `SELECT runs.id, kind, subject, generation, at ${FROM_OWNED_RUNS} AND at <= ?2 ORDER BY at, kind, subject LIMIT ?3`,
    );
    this.#nextDueAt = database.first(`SELECT min(at) ${FROM_OWNED_RUNS}`);
    this.#removeHandled = database.write(
      'DELETE FROM timers WHERE run = (SELECT seq FROM runs WHERE id = ?) AND kind = ? AND subject = ? AND generation = ? AND at = ?',
    );
  }

  set(run: number, { kind, subject, generation, at }: Timer): void {
    this.#set(run, kind, subject, generation, at);
  }

  clear(run: number, kind: TimerKind, subject: number): void {
    this.#clear(run, kind, subject);
  }

  due(runs: readonly RunId[], now: number, limit: number): readonly DueTimer[] {
    return this.#due(JSON.stringify(runs), now, limit).map(
      ([run, kind, subject, generation, at]) => ({
        run: runIdSchema.parse(run),
        kind: timerKindSchema.parse(kind),
        subject: this.#database.number(subject),
        generation: this.#database.number(generation),
        at: this.#database.number(at),
      }),
    );
  }

  nextDueAt(runs: readonly RunId[]): number | undefined {
    const at = this.#nextDueAt(JSON.stringify(runs))?.[0];
    return typeof at === 'number' ? at : undefined;
  }

  removeHandled(timers: readonly DueTimer[]): void {
    for (const { run, kind, subject, generation, at } of timers)
      this.#removeHandled(run, kind, subject, generation, at);
  }
}

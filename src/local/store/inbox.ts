/**
 * Transitions for runs that another process owns, such as an abort from the command line or the
 * release of a lease.
 *
 * Draining is cheap enough to be done several times a second: it searches by run in a table that is
 * nearly always empty. Drained transitions are lost if the process crashes, like all transitions in
 * the queue of an engine.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { type Transition, transitionSchema } from '../../model/transition.ts';
import type { Database } from './database.ts';

export interface Inbox {
  post(transitions: readonly Transition[]): void;
  /** Removes and returns the transitions of these runs, in the order of posting. */
  drain(runs: readonly RunId[]): readonly Transition[];
}

export class SqliteInbox implements Inbox {
  readonly #database: Database;
  readonly #post;
  readonly #find;
  readonly #remove;

  constructor(database: Database) {
    this.#database = database;
    this.#post = database.write('INSERT INTO inbox (run, doc) VALUES (?, ?)');
    this.#find = database.all(
      'SELECT seq, doc FROM inbox WHERE run IN (SELECT value FROM json_each(?)) ORDER BY seq',
    );
    this.#remove = database.write('DELETE FROM inbox WHERE seq = ?');
  }

  post(transitions: readonly Transition[]): void {
    if (transitions.length === 0) return;
    this.#database.transaction(() => {
      for (const transition of transitions) this.#post(transition.run, JSON.stringify(transition));
    });
  }

  drain(runs: readonly RunId[]): readonly Transition[] {
    if (runs.length === 0) return [];
    const runIds = JSON.stringify(runs);
    if (this.#find(runIds).length === 0) return [];
    return this.#database.transaction(() => {
      const rows = this.#find(runIds);
      for (const [seq] of rows) this.#remove(this.#database.number(seq));
      return rows.map(([, doc]) => transitionSchema.parse(this.#database.parse<unknown>(doc)));
    });
  }
}

/**
 * Who moves a run: on a laptop, the one live process that owns it.
 *
 * 1. A run has at most one owner. A dead process owns nothing: its runs go to whoever claims them first.
 * 2. A claim is one conditional write: of two that come at once, one succeeds.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Liveness } from '../../ports/liveness.ts';
import type { Database } from './database.ts';
import { isAlive, type Owner } from './processes.ts';

export interface Owners extends Liveness {
  /** Makes `me` the owner of the run, if it has none, a dead one, or is owned by `me` already. Tells whether it is now. */
  claim(run: RunId, me: Owner): boolean;
  /** The run has no owner any more, if it was `me`. */
  release(run: RunId, me: Owner): void;
  /** The owner, dead or alive. */
  ownerOf(run: RunId): Owner | undefined;
}

export class SqliteOwners implements Owners {
  readonly #database: Database;
  readonly #owner;
  readonly #claim;
  readonly #release;

  constructor(database: Database) {
    this.#database = database;
    this.#owner = database.first('SELECT pid, started, engine FROM owners WHERE run = ?');
    this.#claim = database.write(
      `INSERT INTO owners (run, pid, started, engine) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (run) DO UPDATE SET pid = ?2, started = ?3, engine = ?4 WHERE engine = ?5`,
    );
    this.#release = database.write('DELETE FROM owners WHERE run = ? AND engine = ?');
  }

  claim(run: RunId, me: Owner): boolean {
    const current = this.ownerOf(run);
    if (current?.engine === me.engine) return true;
    if (current !== undefined && isAlive(current)) return false;
    return this.#claim(run, me.pid, me.started, me.engine, current?.engine ?? null) > 0;
  }

  release(run: RunId, me: Owner): void {
    this.#release(run, me.engine);
  }

  ownerOf(run: RunId): Owner | undefined {
    const row = this.#owner(run);
    if (row === undefined) return undefined;
    return {
      pid: this.#database.number(row[0]),
      started: this.#database.text(row[1]),
      engine: this.#database.text(row[2]),
    };
  }

  async isAlive(run: RunId): Promise<boolean> {
    const owner = this.ownerOf(run);
    return owner !== undefined && isAlive(owner);
  }
}

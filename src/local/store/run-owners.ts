/**
 * The owners of runs. Only the live process that owns a run changes it.
 *
 * 1. A run has at most one owner. A run whose owner has exited goes to the first process that
 *    claims it.
 * 2. A claim is one conditional write, so that one of two concurrent claims succeeds.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Liveness } from '../../ports/liveness.ts';
import type { Database } from './database.ts';
import { isOwnerAlive, type RunOwner } from './owner-identity.ts';

export interface RunOwners extends Liveness {
  /**
   * Makes `owner` the owner of the run, unless another live process owns it. Returns true if
   * `owner` owns the run now.
   */
  claim(run: RunId, owner: RunOwner): boolean;
  /** Removes the owner of the run, if it is `owner`. */
  release(run: RunId, owner: RunOwner): void;
  /** The owner of the run, whether its process still runs or not. */
  ownerOf(run: RunId): RunOwner | undefined;
}

export class SqliteRunOwners implements RunOwners {
  readonly #database: Database;
  readonly #owner;
  readonly #claim;
  readonly #release;

  constructor(database: Database) {
    this.#database = database;
    this.#owner = database.first('SELECT pid, start_time, engine_id FROM owners WHERE run = ?');
    this.#claim = database.write(
      `INSERT INTO owners (run, pid, start_time, engine_id) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (run) DO UPDATE SET pid = ?2, start_time = ?3, engine_id = ?4 WHERE engine_id = ?5`,
    );
    this.#release = database.write('DELETE FROM owners WHERE run = ? AND engine_id = ?');
  }

  claim(run: RunId, owner: RunOwner): boolean {
    const current = this.ownerOf(run);
    if (current?.engineId === owner.engineId) return true;
    if (current !== undefined && isOwnerAlive(current)) return false;
    return (
      this.#claim(run, owner.pid, owner.startTime, owner.engineId, current?.engineId ?? null) > 0
    );
  }

  release(run: RunId, owner: RunOwner): void {
    this.#release(run, owner.engineId);
  }

  ownerOf(run: RunId): RunOwner | undefined {
    const row = this.#owner(run);
    if (row === undefined) return undefined;
    return {
      pid: this.#database.number(row[0]),
      startTime: this.#database.text(row[1]),
      engineId: this.#database.text(row[2]),
    };
  }

  async isAlive(run: RunId): Promise<boolean> {
    const owner = this.ownerOf(run);
    return owner !== undefined && isOwnerAlive(owner);
  }
}

/**
 * Which steps provide which version of a registered model. A row is written by the commit of its
 * step, and removed with it.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { UsedModel } from '../../model/use-model.ts';
import type { ModelUsesPage } from '../../ports/tasks.ts';
import type { Database, Row } from './database.ts';
import { rowKey } from './row-keys.ts';

/** The keys of steps of a run follow that of its first step. */
const STEP_KEY = `runs.seq * ${rowKey(1, 0)} + uses.call`;

export class ModelUseRecords {
  readonly #put;
  readonly #list;
  readonly #remove;

  constructor(database: Database) {
    this.#put = database.write(
      'INSERT OR IGNORE INTO model_uses (project, name, version, run, call) VALUES (?, ?, ?, ?, ?)',
    );
    // A step that is executed again may provide another version: its record decides.
    this.#list = database.all(
      `SELECT uses.run, uses.call FROM model_uses AS uses
       JOIN runs ON runs.id = uses.run JOIN steps ON steps.id = ${STEP_KEY}
       WHERE uses.project = ?1 AND uses.name = ?2 AND uses.version = ?3
         AND (?4 IS NULL OR (uses.run, uses.call) < (?4, ?5))
         AND steps.doc ->> '$.usedModel.project' = ?1 AND steps.doc ->> '$.usedModel.name' = ?2
         AND steps.doc ->> '$.usedModel.version' = ?3
       ORDER BY uses.run DESC, uses.call DESC LIMIT ?6`,
    );
    this.#remove = database.write('DELETE FROM model_uses WHERE run = ? AND call >= ?');
  }

  add(run: RunId, steps: readonly Step[]): void {
    for (const { call, usedModel } of steps)
      if (usedModel !== undefined)
        this.#put(usedModel.project, usedModel.name, usedModel.version, run, call);
  }

  /** Rows of the run's id and the call. */
  list({ project, name, version }: UsedModel, { before, limit }: ModelUsesPage): readonly Row[] {
    return this.#list(project, name, version, before?.run ?? null, before?.call ?? null, limit);
  }

  /** Removes the uses of the calls with number `call` and above. */
  removeFrom(run: RunId, call: number): void {
    this.#remove(run, call);
  }
}

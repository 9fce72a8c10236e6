/**
 * Artifacts and models of the runs themselves, by name.
 *
 * @module
 */
import type { Artifact, Model, RunOutputs } from '../../model/artifacts.ts';
import type { NamedPage } from '../../ports/tasks.ts';
import type { Database } from './database.ts';

type Kind = 'artifact' | 'model';

export class RunOutputRecords {
  readonly #database: Database;
  readonly #put;
  readonly #page;

  constructor(database: Database) {
    this.#database = database;
    this.#put = database.write(
      `INSERT INTO run_outputs (run, kind, name, doc) VALUES (?, ?, ?, ?)
       ON CONFLICT (run, kind, name) DO UPDATE SET doc = excluded.doc`,
    );
    this.#page = database.all(
      `SELECT doc FROM run_outputs
       WHERE run = ?1 AND kind = ?2 AND (?3 IS NULL OR name > ?3) AND (?4 IS NULL OR name = ?4)
       ORDER BY name LIMIT ?5`,
    );
  }

  put(run: number, { artifacts, models }: RunOutputs): void {
    for (const artifact of artifacts)
      this.#put(run, 'artifact', artifact.name, JSON.stringify(artifact));
    for (const model of models) this.#put(run, 'model', model.name, JSON.stringify(model));
  }

  artifacts(run: number, page: NamedPage): readonly Artifact[] {
    return this.#read<Artifact>(run, 'artifact', page);
  }

  models(run: number, page: NamedPage): readonly Model[] {
    return this.#read<Model>(run, 'model', page);
  }

  #read<T>(run: number, kind: Kind, { after, name, limit }: NamedPage): readonly T[] {
    return this.#page(run, kind, after ?? null, name ?? null, limit).map(([doc]) =>
      this.#database.parse<T>(doc),
    );
  }
}

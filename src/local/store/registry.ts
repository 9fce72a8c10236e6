/**
 * The versions of pipelines in SQLite.
 *
 * @module
 */
import { type Registry, VersionTakenError } from '../../ports/registry.ts';
import type { Database } from './database.ts';

export class SqliteRegistry implements Registry {
  readonly #database: Database;
  readonly #codeOf;
  readonly #insert;

  constructor(database: Database) {
    this.#database = database;
    this.#codeOf = database.first('SELECT hash FROM versions WHERE project = ? AND pipeline = ? AND version = ?');
    this.#insert = database.write('INSERT INTO versions (project, pipeline, version, hash) VALUES (?, ?, ?, ?)');
  }

  async register(pipeline: { readonly project: string; readonly name: string }, version: string, codeHash: string, bump: boolean): Promise<string> {
    const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
    return this.#database.transaction(() => {
      for (let next = patch; ; next += 1) {
        const candidate = `${major}.${minor}.${next}`;
        const taken = this.#codeOf(pipeline.project, pipeline.name, candidate)?.[0];
        if (taken === undefined) this.#insert(pipeline.project, pipeline.name, candidate, codeHash);
        if (taken === undefined || taken === codeHash) return candidate;
        if (!bump) throw new VersionTakenError(pipeline.name, version);
      }
    });
  }
}

/**
 * The model registry in SQLite. Each method is one transaction.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { ModelName, ModelVersion, NewModelVersion } from '../../model/model-version.ts';
import { runOfKey } from '../../model/object-layout.ts';
import {
  type ModelChange,
  type ModelRegistry,
  type ModelSummary,
  tagsAfterChange,
} from '../../ports/model-registry.ts';
import type { Database, SqlValue } from './database.ts';

/** A run uses the version. It is part of the document, and not of the version. */
interface Used {
  readonly used?: true;
}

const OF_MODEL = 'FROM model_versions WHERE project = ?1 AND name = ?2';

export class SqliteModelRegistry implements ModelRegistry {
  readonly #database: Database;
  readonly #withObject;
  readonly #highest;
  readonly #insert;
  readonly #update;
  readonly #version;
  readonly #published;
  readonly #versions;
  readonly #models;
  readonly #markUsed;
  readonly #keptObjects;

  constructor(database: Database) {
    this.#database = database;
    this.#withObject = database.first(`SELECT doc ${OF_MODEL} AND object = ?3`);
    this.#highest = database.first(`SELECT max(version) ${OF_MODEL}`);
    this.#insert = database.write(
      'INSERT INTO model_versions (project, name, version, object, run, published, doc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#update = database.write(
      'UPDATE model_versions SET published = ?4, doc = ?5 WHERE project = ?1 AND name = ?2 AND version = ?3',
    );
    this.#markUsed = database.write(
      `UPDATE model_versions SET doc = json_set(doc, '$.used', json('true')) WHERE project = ?1 AND name = ?2 AND version = ?3`,
    );
    this.#version = database.first(`SELECT doc ${OF_MODEL} AND version = ?3`);
    this.#published = database.first(
      `SELECT doc ${OF_MODEL} AND published = 1 ORDER BY version DESC LIMIT 1`,
    );
    this.#versions = database.all(
      `SELECT doc ${OF_MODEL} AND (?3 IS NULL OR version < ?3) ORDER BY version DESC LIMIT ?4`,
    );
    this.#models = database.all(
      `SELECT project, name, max(version), max(CASE WHEN published = 1 THEN version END) FROM model_versions
       WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR (project, name) > (?2, ?3)) GROUP BY project, name ORDER BY project, name LIMIT ?4`,
    );
    this.#keptObjects = database.all(
      `SELECT DISTINCT object FROM model_versions WHERE run = ? AND (published = 1 OR json_extract(doc, '$.used') = 1)`,
    );
  }

  async register(model: NewModelVersion): Promise<ModelVersion> {
    const { project, name, value, publishedAt } = model;
    return this.#database.transaction(() => {
      const existing = this.#withObject(project, name, value.key);
      if (existing !== undefined) return this.#read(existing[0]);
      const highest = this.#highest(project, name)?.[0];
      const version = (typeof highest === 'number' ? highest : 0) + 1;
      const registered: ModelVersion = { ...model, version };
      this.#insert(
        project,
        name,
        version,
        value.key,
        runOfKey(value.key) ?? null,
        publishedAt === null ? 0 : 1,
        JSON.stringify(registered),
      );
      return registered;
    });
  }

  async version({ project, name }: ModelName, version: number): Promise<ModelVersion | undefined> {
    const row = this.#version(project, name, version);
    return row === undefined ? undefined : this.#read(row[0]);
  }

  async published({ project, name }: ModelName): Promise<ModelVersion | undefined> {
    const row = this.#published(project, name);
    return row === undefined ? undefined : this.#read(row[0]);
  }

  async versions(
    { project, name }: ModelName,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<readonly ModelVersion[]> {
    return this.#versions(project, name, before ?? null, limit).map(([doc]) => this.#read(doc));
  }

  async models({
    project,
    after,
    limit,
  }: Parameters<ModelRegistry['models']>[0]): Promise<readonly ModelSummary[]> {
    return this.#models(project ?? null, after?.project ?? null, after?.name ?? null, limit).map(
      ([inProject, name, latest, published]) => ({
        project: this.#database.text(inProject),
        name: this.#database.text(name),
        latest: this.#database.number(latest),
        published: published === null ? null : this.#database.number(published),
      }),
    );
  }

  async change(
    { project, name }: ModelName,
    version: number,
    change: ModelChange,
  ): Promise<ModelVersion | undefined> {
    return this.#database.transaction(() => {
      const row = this.#version(project, name, version);
      if (row === undefined) return undefined;
      const before = this.#read(row[0]);
      const { used } = this.#database.parse<Used>(row[0]);
      const { publishedAt = before.publishedAt } = change;
      const after = { ...before, tags: tagsAfterChange(before.tags, change), publishedAt };
      const doc = JSON.stringify({ ...after, ...(used === true ? { used } : {}) });
      this.#update(project, name, version, publishedAt === null ? 0 : 1, doc);
      return after;
    });
  }

  #read(doc: SqlValue | undefined): ModelVersion {
    const { used: _, ...version } = this.#database.parse<ModelVersion & Used>(doc);
    return version;
  }

  async markUsed({ project, name, version }: ModelVersion): Promise<void> {
    this.#markUsed(project, name, version);
  }

  async keptObjects(run: RunId): Promise<readonly string[]> {
    return this.#keptObjects(run).map(([key]) => this.#database.text(key));
  }
}

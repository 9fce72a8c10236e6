/**
 * The registry of pipelines and their versions in SQLite.
 *
 * @module
 */
import { MAX_VERSION_NUMBER } from '../../model/ids.ts';
import {
  compareVersions,
  NoPatchVersionLeftError,
  type PipelineName,
  type PipelineSummary,
  type PipelineVersion,
  type Registry,
  searchPatch,
  type VersionContent,
  type VersionSummary,
  VersionTakenError,
} from '../../ports/registry.ts';
import type { Database, Row } from './database.ts';

const SUMMARY_COLUMNS = `version, hash, json_extract(content, '$.createdAt')`;

export class SqliteRegistry implements Registry {
  readonly #database: Database;
  readonly #codeHash;
  readonly #insert;
  readonly #setContent;
  readonly #version;
  readonly #patches;
  readonly #versions;
  readonly #pipelines;

  constructor(database: Database) {
    this.#database = database;
    this.#codeHash = database.first(
      'SELECT hash FROM versions WHERE project = ? AND pipeline = ? AND version = ?',
    );
    this.#insert = database.write(
      'INSERT INTO versions (project, pipeline, version, hash) VALUES (?, ?, ?, ?)',
    );
    this.#setContent = database.write(
      'UPDATE versions SET content = ?4 WHERE project = ?1 AND pipeline = ?2 AND version = ?3',
    );
    this.#version = database.first(
      `SELECT ${SUMMARY_COLUMNS}, content FROM versions WHERE project = ? AND pipeline = ? AND version = ?`,
    );
    // `/` follows `.` in the order of characters.
    this.#patches = database.all(
      'SELECT version, hash FROM versions WHERE project = ? AND pipeline = ? AND version > ? AND version < ?',
    );
    this.#versions = database.all(
      `SELECT ${SUMMARY_COLUMNS} FROM versions WHERE project = ? AND pipeline = ?`,
    );
    this.#pipelines = database.all(
      `SELECT project, pipeline, json_group_array(version) FROM versions
       WHERE (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR (project, pipeline) > (?2, ?3)) GROUP BY project, pipeline ORDER BY project, pipeline LIMIT ?4`,
    );
  }

  async register(
    { project, name }: PipelineName,
    version: string,
    codeHash: string,
    bump: boolean,
    content?: VersionContent,
  ): Promise<string> {
    return this.#database.transaction(() => {
      const hashOf = (registered: string) => this.#codeHash(project, name, registered)?.[0];
      const requestedHash = hashOf(version);
      const isTaken = requestedHash !== undefined && requestedHash !== codeHash;
      const candidate =
        isTaken && bump ? this.#candidateVersion(project, name, version, codeHash) : version;
      const registeredHash = hashOf(candidate);
      if (registeredHash === undefined) this.#insert(project, name, candidate, codeHash);
      else if (registeredHash !== codeHash) throw new VersionTakenError(name, version);
      if (content !== undefined)
        this.#setContent(project, name, candidate, JSON.stringify(content));
      return candidate;
    });
  }

  /** The lowest patch version from `version` on that is free or has this code already. */
  #candidateVersion(project: string, name: string, version: string, codeHash: string): string {
    const [major = 0, minor = 0, first = 0] = version.split('.').map(Number);
    const prefix = `${major}.${minor}.`;
    const registered = this.#patches(project, name, prefix, `${major}.${minor}/`)
      .map(([registeredVersion, hash]) => ({
        patch: Number(this.#database.text(registeredVersion).slice(prefix.length)),
        codeHash: this.#database.text(hash),
      }))
      .sort((a, b) => a.patch - b.patch);
    const { patch } = searchPatch(registered, first, codeHash);
    if (patch > MAX_VERSION_NUMBER) throw new NoPatchVersionLeftError(name, version);
    return `${prefix}${patch}`;
  }

  async version(
    { project, name }: PipelineName,
    version: string,
  ): Promise<PipelineVersion | undefined> {
    const row = this.#version(project, name, version);
    if (row === undefined) return undefined;
    return {
      ...this.#summary(row),
      content: row[3] === null ? null : this.#database.parse<VersionContent>(row[3]),
    };
  }

  async versions(
    { project, name }: PipelineName,
    { before, limit }: { readonly before?: string | undefined; readonly limit: number },
  ) {
    return this.#versions(project, name)
      .map((row) => this.#summary(row))
      .filter(({ version }) => before === undefined || compareVersions(version, before) < 0)
      .sort((a, b) => compareVersions(b.version, a.version))
      .slice(0, limit);
  }

  async pipelines({
    project,
    after,
    limit,
  }: Parameters<Registry['pipelines']>[0]): Promise<readonly PipelineSummary[]> {
    return this.#pipelines(project ?? null, after?.project ?? null, after?.name ?? null, limit).map(
      ([inProject, name, versions]) => ({
        project: this.#database.text(inProject),
        name: this.#database.text(name),
        latest: this.#database
          .parse<string[]>(versions)
          .reduce((highest, version) =>
            compareVersions(version, highest) > 0 ? version : highest,
          ),
      }),
    );
  }

  #summary([version, hash, createdAt]: Row): VersionSummary {
    return {
      version: this.#database.text(version),
      codeHash: this.#database.text(hash),
      createdAt: typeof createdAt === 'number' ? createdAt : null,
    };
  }
}

/**
 * The tables of the store, and the number of their format in the file.
 *
 * A row that belongs to the n-th step or commit of a run has one integer as its key (see
 * `row-keys.ts`). So each table is one tree, and a range of a run is a range of keys. Records are
 * JSON documents; only values that queries search for have their own columns. Each additional index
 * costs every commit a page.
 *
 * @module
 */
import type { Database } from './database.ts';
import { StoreCorruptError, StoreVersionError } from './errors.ts';

/**
 * The only format that is read and written. Raise it with every change of the tables or of the
 * stored documents. Formats 1 to 6 belong to development versions before 0.1.0; they are refused,
 * not migrated.
 */
const FORMAT = 7;

const TABLES = `
  CREATE TABLE runs (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
    pipeline TEXT NOT NULL, number INTEGER NOT NULL, info TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0, removal_started INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX runs_number ON runs (project, pipeline, number);
  CREATE TABLE heads (
    run INTEGER PRIMARY KEY, revision INTEGER NOT NULL, status TEXT NOT NULL, doc TEXT NOT NULL
  ) STRICT;

  CREATE TABLE steps (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, component TEXT NOT NULL,
    unfinished INTEGER NOT NULL, status INTEGER NOT NULL, started_at REAL, ended_at REAL,
    duration_ms REAL, doc TEXT NOT NULL
  ) STRICT;
  CREATE INDEX steps_component ON steps (component);
  CREATE INDEX steps_name ON steps (name) WHERE name <> component;
  CREATE INDEX steps_unfinished ON steps (unfinished) WHERE unfinished = 1;
  CREATE TABLE edges (
    parent INTEGER NOT NULL, child INTEGER NOT NULL, PRIMARY KEY (parent, child)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX edges_child ON edges (child);
  CREATE TABLE unresolved_edges (
    run INTEGER NOT NULL, name TEXT NOT NULL, child INTEGER NOT NULL,
    PRIMARY KEY (run, name, child)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE components (
    seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL,
    call_count INTEGER NOT NULL, declaration TEXT NOT NULL, UNIQUE (run, name)
  ) STRICT;
  CREATE TABLE commits (
    id INTEGER PRIMARY KEY, event_count INTEGER NOT NULL, signature_count INTEGER NOT NULL,
    group_count INTEGER NOT NULL, event_docs TEXT, signature_docs TEXT, group_docs TEXT,
    changed_calls TEXT
  ) STRICT;
  CREATE TABLE timers (
    run INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL,
    generation INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (run, kind, subject)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE reports (
    step INTEGER NOT NULL, attempt INTEGER NOT NULL, sequence INTEGER NOT NULL,
    points TEXT NOT NULL, texts TEXT NOT NULL, plots TEXT, PRIMARY KEY (step, attempt, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE run_reports (
    seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, id TEXT NOT NULL, points TEXT NOT NULL,
    UNIQUE (run, id)
  ) STRICT;
  CREATE TABLE run_outputs (
    run INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (run, kind, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE archived_steps (
    seq INTEGER PRIMARY KEY, run INTEGER NOT NULL, batch INTEGER NOT NULL, call INTEGER NOT NULL,
    component TEXT NOT NULL, digest TEXT NOT NULL, adopted INTEGER NOT NULL, doc TEXT NOT NULL,
    UNIQUE (run, batch, call)
  ) STRICT;
  CREATE INDEX archived_steps_digest ON archived_steps (run, component, digest) WHERE adopted = 0;

  CREATE TABLE cache_entries (
    key TEXT PRIMARY KEY, project TEXT NOT NULL, component TEXT NOT NULL,
    created_at REAL NOT NULL, doc TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cache_leases (key TEXT PRIMARY KEY, run TEXT NOT NULL, call INTEGER NOT NULL) STRICT;
  CREATE TABLE cache_waiters (
    key TEXT NOT NULL, run TEXT NOT NULL, call INTEGER NOT NULL, UNIQUE (key, run, call)
  ) STRICT;
  CREATE TABLE limits (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, doc TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE versions (
    project TEXT NOT NULL, pipeline TEXT NOT NULL, version TEXT NOT NULL, hash TEXT NOT NULL,
    content TEXT, PRIMARY KEY (project, pipeline, version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE model_versions (
    project TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, object TEXT NOT NULL,
    run TEXT, published INTEGER NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (project, name, version), UNIQUE (project, name, object)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX model_versions_run ON model_versions (run) WHERE published = 1;
  CREATE TABLE model_uses (
    project TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, run TEXT NOT NULL,
    call INTEGER NOT NULL, PRIMARY KEY (project, name, version, run, call)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX model_uses_run ON model_uses (run);

  CREATE TABLE schedules (
    project TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, position REAL NOT NULL,
    doc TEXT NOT NULL, PRIMARY KEY (project, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE firings (
    project TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (project, name, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, created_id TEXT NOT NULL,
    created_at REAL NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE owners (
    run TEXT PRIMARY KEY, pid INTEGER NOT NULL, start_time TEXT NOT NULL, engine_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, doc TEXT NOT NULL
  ) STRICT;
  CREATE INDEX inbox_run ON inbox (run);
  CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
`;

/** Marks the file as a store of Headrace: "hdrc" in ASCII. */
const APPLICATION_ID = 0x68647263;

/**
 * Creates the tables in a new file, and refuses a file of another format or of another program.
 *
 * @throws StoreVersionError, StoreCorruptError
 */
export function prepareSchema(database: Database): void {
  if (isCurrent(database)) return;
  database.transaction(() => {
    // Another process may have created the tables since the check above.
    if (isCurrent(database)) return;
    const tableCount = database.number(database.first('SELECT count(*) FROM sqlite_master')()?.[0]);
    if (tableCount > 0 && pragma(database, 'application_id') !== APPLICATION_ID)
      throw new StoreCorruptError(database.file, 'it is the database of another program');
    const format = pragma(database, 'user_version');
    if (tableCount > 0 || format > 0) throw new StoreVersionError(database.file, format, FORMAT);
    database.exec(TABLES);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`);
  });
}

const isCurrent = (database: Database): boolean =>
  pragma(database, 'user_version') === FORMAT &&
  pragma(database, 'application_id') === APPLICATION_ID;

function pragma(database: Database, name: 'user_version' | 'application_id'): number {
  return database.number(database.first(`PRAGMA ${name}`)()?.[0]);
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { describe, expect, test } from 'vitest';
import { Database } from '../../../src/local/store/database.ts';
import {
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
  StoreVersionError,
} from '../../../src/local/store/errors.ts';
import { openStore } from '../../../src/local/store/store.ts';
import { aCommit, aHead, anInfo, aStep, runId, sleepEnded } from '../../conformance/records.ts';
import { temporaryHomes } from './home.ts';

const { home, open } = temporaryHomes();
const id = runId(1);

/** Damages the file after its first page. */
function damage(file: string): void {
  const content = readFileSync(file);
  randomBytes(content.length - 4096).copy(content, 4096);
  writeFileSync(file, content);
}

/** A home whose store has the given format number. */
function homeOfFormat(format: number): string {
  const folder = home();
  openStore(folder).close();
  const sqlite = new Sqlite(join(folder, 'headrace.db'));
  sqlite.exec(`PRAGMA user_version = ${format}; PRAGMA wal_checkpoint(TRUNCATE)`);
  sqlite.close();
  return folder;
}

describe('the store', () => {
  test('a store that is closed and opened again has all its data', async () => {
    const folder = home();
    const first = openStore(folder);
    const run = await first.tasks.createRun(anInfo(id), aHead(id));
    await first.tasks.commit(
      id,
      aCommit(run.head, { created: [aStep(0)], events: [sleepEnded(0)] }),
    );
    const secret = first.secret();
    first.close();
    const second = open(folder);
    expect((await second.tasks.run(id))?.head.revision).toBe(1);
    expect(await second.queries.allSteps(id)).toEqual([aStep(0)]);
    expect(secret).toHaveLength(32);
    expect(second.secret().equals(secret)).toBe(true);
    expect(open(home()).secret().equals(secret)).toBe(false);
  });

  test('the graph of calls with more edges than one query reads has all of them', async () => {
    const store = open(home());
    const { head } = await store.tasks.createRun(anInfo(id), aHead(id));
    const calls = Array.from({ length: 340 }, (_, call) => call);
    await store.tasks.commit(
      id,
      aCommit(head, {
        created: calls.map((call) => aStep(call)),
        edges: calls.flatMap((child) => calls.slice(0, child).map((parent) => ({ parent, child }))),
      }),
    );
    const page = await store.queries.graph(id, 0, 1000);
    expect(page?.calls.map(({ parents }) => parents)).toEqual(
      calls.map((call) => (call === 0 ? [] : [[0, call - 1]])),
    );
  });

  test('a missing home is created, with its parent folders', async () => {
    const store = open(join(home(), 'a', 'b'));
    expect(await store.queries.runs({ limit: 1 })).toEqual([]);
  });

  test('a second connection sees each commit immediately', async () => {
    const folder = home();
    const [writer, reader] = [open(folder), open(folder)];
    let { head } = await writer.tasks.createRun(anInfo(id), aHead(id));
    for (let n = 0; n < 20; n += 1) {
      const commit = aCommit(head, { created: [aStep(n)] });
      await writer.tasks.commit(id, commit);
      head = commit.head;
      expect((await reader.tasks.run(id))?.head.revision).toBe(n + 1);
      expect(await reader.tasks.calls(id, -1, 100)).toHaveLength(n + 1);
    }
  });

  test('an error in the middle of a commit rolls it back, and the store stays usable', async () => {
    const { tasks } = open(home());
    const { head } = await tasks.createRun(anInfo(id), aHead(id));
    const unwritable = {
      ...aCommit(head, { created: [aStep(0)] }),
      groups: [
        {
          get name(): string {
            throw new Error('half way');
          },
          number: 0,
          component: '',
          queue: '',
          members: [],
        },
      ],
    };
    await expect(tasks.commit(id, unwritable)).rejects.toThrow('half way');
    expect((await tasks.run(id))?.head.revision).toBe(0);
    expect(await tasks.calls(id, -1, 10)).toEqual([]);
    await tasks.commit(id, aCommit(head, { created: [aStep(0)] }));
    expect(await tasks.calls(id, -1, 10)).toEqual([0]);
  });
});

describe('a store that cannot be used', () => {
  test('a file that is not a database is reported as damaged, with its name and a remedy', () => {
    const folder = home();
    writeFileSync(join(folder, 'headrace.db'), 'this is not a database, '.repeat(500));
    expect(() => openStore(folder)).toThrow(StoreCorruptError);
    expect(() => openStore(folder)).toThrow(join(folder, 'headrace.db'));
    expect(() => openStore(folder)).toThrow(/move it away/);
  });

  test('a damaged file is reported when it is opened or read', async () => {
    const folder = home();
    const store = openStore(folder);
    let { head } = await store.tasks.createRun(anInfo(id), aHead(id));
    for (let n = 0; n < 50; n += 1) {
      const commit = aCommit(head, { created: [aStep(n)] });
      await store.tasks.commit(id, commit);
      head = commit.head;
    }
    store.close();
    damage(join(folder, 'headrace.db'));
    await expect((async () => open(folder).queries.allSteps(id))()).rejects.toThrow(
      StoreCorruptError,
    );
  });

  test('an unreadable record is reported as damage', async () => {
    const folder = home();
    const store = open(folder);
    const { head } = await store.tasks.createRun(anInfo(id), aHead(id));
    await store.tasks.commit(id, aCommit(head, { created: [aStep(0)] }));
    const sqlite = new Sqlite(join(folder, 'headrace.db'));
    sqlite.exec(`UPDATE steps SET doc = '{"call":'`);
    sqlite.close();
    await expect(open(folder).tasks.steps(id, [0])).rejects.toThrow(StoreCorruptError);
  });

  test('a write of another process is read after its revision was read', async () => {
    const folder = home();
    const [own, other] = [open(folder), open(folder)];
    const { head } = await own.tasks.createRun(anInfo(id), aHead(id));
    await own.tasks.commit(id, aCommit(head, { created: [aStep(0)] }));
    const seen = await other.tasks.run(id);
    if (seen === undefined) throw new Error('the other process does not see the run');
    await other.tasks.commit(
      id,
      aCommit(seen.head, { changed: [{ ...aStep(0), status: 'aborted' }] }),
    );
    await own.tasks.run(id);
    expect((await own.tasks.steps(id, [0])).map(({ status }) => status)).toEqual(['aborted']);
  });

  test('the database of another program is rejected', () => {
    const folder = home();
    const sqlite = new Sqlite(join(folder, 'headrace.db'));
    sqlite.exec('CREATE TABLE theirs (a)');
    sqlite.close();
    expect(() => openStore(folder)).toThrow(/database of another program/);
  });

  test('a store of a later version is refused, with the advice to upgrade', () => {
    const folder = homeOfFormat(99);
    expect(() => openStore(folder)).toThrow(StoreVersionError);
    expect(() => openStore(folder)).toThrow(/upgrade headrace/);
  });

  test.each([1, 2, 3])(
    'a store of development format %i is refused, with the advice to move it away, and stays unchanged',
    (format) => {
      const folder = homeOfFormat(format);
      const content = readFileSync(join(folder, 'headrace.db'));
      expect(() => openStore(folder)).toThrow(StoreVersionError);
      expect(() => openStore(folder)).toThrow(/move the home folder away/);
      expect(readFileSync(join(folder, 'headrace.db')).equals(content)).toBe(true);
    },
  );

  test('a file at the path of the home is reported', () => {
    const file = join(home(), 'file');
    writeFileSync(file, '');
    expect(() => openStore(file)).toThrow(StoreUnavailableError);
  });

  test('a folder at the path of the database file is reported', () => {
    const folder = home();
    mkdirSync(join(folder, 'headrace.db'));
    expect(() => openStore(folder)).toThrow(StoreUnavailableError);
  });

  test('a full disk is reported; earlier rows stay, and writes succeed after space was freed', () => {
    const database = new Database(join(home(), 'small.db'));
    try {
      database.exec('CREATE TABLE t (doc TEXT); PRAGMA max_page_count = 20');
      const insert = database.write('INSERT INTO t (doc) VALUES (?)');
      const count = database.first('SELECT count(*) FROM t');
      insert('first');
      const fill = () =>
        database.transaction(() => {
          for (let n = 0; n < 100; n += 1) insert('x'.repeat(3000));
        });
      expect(fill).toThrow(StoreFullError);
      expect(fill).toThrow(/no space is left on the disk/);
      expect(count()).toEqual([1]);
      database.exec('PRAGMA max_page_count = 1000');
      fill();
      expect(count()).toEqual([101]);
    } finally {
      database.close();
    }
  });
});

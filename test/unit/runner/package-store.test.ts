import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createPackageStore,
  type PackageObjects,
} from '../../../src/runner/container/package-store.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';

const OUTPUT = 'p/team%2Fa/data/0123/0/1';
const FOLDER = 'p/team%2Fa/data/packages/';
const IDENTITY = 'f00d';
const RECORD = `${FOLDER}${IDENTITY}`;
const { signal } = new AbortController();

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'home/node_modules'), { recursive: true });
  return join(folder, 'home');
}

/** What npm leaves: packages, and links to their commands. */
async function anInstallation(content: string): Promise<string> {
  const home = await aFolder();
  await mkdir(join(home, 'node_modules/.bin'));
  await mkdir(join(home, 'node_modules/@scope/a'), { recursive: true });
  await writeFile(join(home, 'node_modules/@scope/a/index.js'), content);
  await symlink('../@scope/a/index.js', join(home, 'node_modules/.bin/a'));
  return home;
}

/** A container: what it said, and what it finds. */
function aContainer(objects: PackageObjects) {
  const lines: string[] = [];
  const store = createPackageStore(objects, OUTPUT, (line) => lines.push(line));
  if (store === undefined) throw new Error('a container has a project');
  return {
    lines,
    keep: async (content: string) => store.save(IDENTITY, await anInstallation(content), signal),
    async find(): Promise<string | undefined> {
      const home = await aFolder();
      if (!(await store.restore(IDENTITY, home, signal))) {
        await expect(readFile(join(home, 'node_modules/@scope/a/index.js'))).rejects.toThrow(
          'ENOENT',
        );
        return undefined;
      }
      expect(await readlink(join(home, 'node_modules/.bin/a'))).toBe('../@scope/a/index.js');
      return readFile(join(home, 'node_modules/@scope/a/index.js'), 'utf8');
    },
  };
}

async function archiveOf(objects: PackageObjects): Promise<string> {
  const record: { readonly archive: string } = JSON.parse(
    Buffer.from(await objects.get(RECORD)).toString(),
  );
  return `${FOLDER}archives/${record.archive}`;
}

describe('the store of installed packages', () => {
  test('gives the next container what was kept, links included; of several that keep at once, the first stays (2)', async () => {
    const objects = new MemoryObjects();
    expect(await aContainer(objects).find()).toBeUndefined();
    const [first, second] = [aContainer(objects), aContainer(objects)];
    await first.keep('first');
    await second.keep('second');
    expect(await aContainer(objects).find()).toBe('first');
    expect([...first.lines, ...second.lines]).toEqual([]);
  });

  test('is the same for equal installations, whoever made them', async () => {
    const [one, other] = [new MemoryObjects(), new MemoryObjects()];
    await aContainer(one).keep('the same');
    await aContainer(other).keep('the same');
    expect(await archiveOf(one)).toBe(await archiveOf(other));
  });

  test.each<[string, (whole: Uint8Array) => Uint8Array]>([
    ['half of which is there', (whole) => whole.subarray(0, whole.length / 2)],
    [
      'in which a bit is another',
      (whole) =>
        Buffer.from(whole.map((byte, place) => (place === whole.length - 30 ? byte ^ 1 : byte))),
    ],
    ['behind which there is more', (whole) => Buffer.concat([whole, whole])],
    ['that is empty', () => new Uint8Array()],
  ])(
    'does not give an archive %s, and keeps the next whole one in its place (1)',
    async (_, damage) => {
      const objects = new MemoryObjects();
      await aContainer(objects).keep('content');
      const archive = await archiveOf(objects);
      await objects.put(archive, damage(await objects.get(archive)));
      const next = aContainer(objects);
      expect(await next.find()).toBeUndefined();
      expect(next.lines).toEqual([
        expect.stringMatching(
          /^packages: those in the project's store cannot be used, and are installed again: /,
        ),
      ]);
      await next.keep('content');
      expect(await aContainer(objects).find()).toBe('content');
    },
  );

  test("does not give another installation's archive in the place of its own (1)", async () => {
    const [objects, other] = [new MemoryObjects(), new MemoryObjects()];
    await aContainer(objects).keep('content');
    await aContainer(other).keep('something else');
    await objects.put(await archiveOf(objects), await other.get(await archiveOf(other)));
    expect(await aContainer(objects).find()).toBeUndefined();
  });

  test.each([
    ['of an archive that is gone', JSON.stringify({ v: 1, archive: 'a'.repeat(64), size: 10 })],
    ['of a place elsewhere', JSON.stringify({ v: 1, archive: '../../../code/x', size: 10 })],
    ['of a later version', JSON.stringify({ v: 2, archive: 'a'.repeat(64), size: 10 })],
    ['that is no record', 'no JSON'],
    ['that is empty', ''],
  ])('does not believe a record %s, and replaces it (1)', async (_, record) => {
    const objects = new MemoryObjects();
    await objects.put(RECORD, Buffer.from(record));
    const next = aContainer(objects);
    expect(await next.find()).toBeUndefined();
    await next.keep('content');
    expect(await aContainer(objects).find()).toBe('content');
  });

  test('fails nobody if the object store fails (3)', async () => {
    const refuse = async () => Promise.reject(new Error('AccessDenied'));
    const container = aContainer({ get: refuse, stream: refuse, put: refuse, putIfAbsent: refuse });
    expect(await container.find()).toBeUndefined();
    await container.keep('content');
    expect(container.lines).toEqual([
      "packages: they could not be stored in the project's store: AccessDenied",
    ]);
  });

  test('stops with the step', async () => {
    const objects = new MemoryObjects();
    await aContainer(objects).keep('content');
    const store = createPackageStore(objects, OUTPUT, () => undefined);
    const stop = new AbortController();
    stop.abort(new Error('over'));
    await expect(store?.restore(IDENTITY, await aFolder(), stop.signal)).rejects.toThrow('over');
    await expect(
      store?.save('another', await anInstallation('content'), stop.signal),
    ).rejects.toThrow('over');
  });

  test('is for attempts that have a project', () => {
    expect(
      createPackageStore(new MemoryObjects(), 'elsewhere/0123', () => undefined),
    ).toBeUndefined();
  });
});

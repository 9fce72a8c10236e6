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

/** A folder as npm leaves it: packages, and links to their commands. */
async function anInstallation(content: string): Promise<string> {
  const home = await aFolder();
  await mkdir(join(home, 'node_modules/.bin'));
  await mkdir(join(home, 'node_modules/@scope/a'), { recursive: true });
  await writeFile(join(home, 'node_modules/@scope/a/index.js'), content);
  await symlink('../@scope/a/index.js', join(home, 'node_modules/.bin/a'));
  return home;
}

/** A container: its log, and its use of the store. */
function aContainer(objects: PackageObjects) {
  const lines: string[] = [];
  const store = createPackageStore(objects, OUTPUT, (line) => lines.push(line));
  if (store === undefined) throw new Error('a container has a project');
  return {
    lines,
    save: async (content: string) => store.save(IDENTITY, await anInstallation(content), signal),
    async restore(): Promise<string | undefined> {
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
    Buffer.from(await objects.get(RECORD, 1e6)).toString(),
  );
  return `${FOLDER}archives/${record.archive}`;
}

describe('the store of installed packages', () => {
  test('saved packages are restored with their links; the first of concurrent records wins (2)', async () => {
    const objects = new MemoryObjects();
    expect(await aContainer(objects).restore()).toBeUndefined();
    const [first, second] = [aContainer(objects), aContainer(objects)];
    await first.save('first');
    await second.save('second');
    expect(await aContainer(objects).restore()).toBe('first');
    expect([...first.lines, ...second.lines]).toEqual([]);
  });

  test('equal installations have equal archives', async () => {
    const [one, other] = [new MemoryObjects(), new MemoryObjects()];
    await aContainer(one).save('the same');
    await aContainer(other).save('the same');
    expect(await archiveOf(one)).toBe(await archiveOf(other));
  });

  test.each<[string, (whole: Uint8Array) => Uint8Array]>([
    ['of which half is missing', (whole) => whole.subarray(0, whole.length / 2)],
    [
      'with another bit',
      (whole) =>
        Buffer.from(whole.map((byte, place) => (place === whole.length - 30 ? byte ^ 1 : byte))),
    ],
    ['with additional bytes', (whole) => Buffer.concat([whole, whole])],
    ['that is empty', () => new Uint8Array()],
  ])('an archive %s is not restored, and is replaced by the next save (1)', async (_, damage) => {
    const objects = new MemoryObjects();
    await aContainer(objects).save('content');
    const archive = await archiveOf(objects);
    await objects.put(archive, damage(await objects.get(archive, 1e6)));
    const next = aContainer(objects);
    expect(await next.restore()).toBeUndefined();
    expect(next.lines).toEqual([
      expect.stringMatching(
        /^packages: those in the project's store cannot be used, and are installed again: /,
      ),
    ]);
    await next.save('content');
    expect(await aContainer(objects).restore()).toBe('content');
  });

  test("another installation's archive is not restored (1)", async () => {
    const [objects, other] = [new MemoryObjects(), new MemoryObjects()];
    await aContainer(objects).save('content');
    await aContainer(other).save('something else');
    await objects.put(await archiveOf(objects), await other.get(await archiveOf(other), 1e6));
    expect(await aContainer(objects).restore()).toBeUndefined();
  });

  test.each([
    ['of a missing archive', JSON.stringify({ v: 1, archive: 'a'.repeat(64), size: 10 })],
    ['of another folder', JSON.stringify({ v: 1, archive: '../../../code/x', size: 10 })],
    ['of a later version', JSON.stringify({ v: 2, archive: 'a'.repeat(64), size: 10 })],
    ['that is no record', 'no JSON'],
    ['that is empty', ''],
  ])('a record %s is ignored and replaced (1)', async (_, record) => {
    const objects = new MemoryObjects();
    await objects.put(RECORD, Buffer.from(record));
    const next = aContainer(objects);
    expect(await next.restore()).toBeUndefined();
    await next.save('content');
    expect(await aContainer(objects).restore()).toBe('content');
  });

  test('failures of the object store do not fail the step (3)', async () => {
    const refuse = async () => Promise.reject(new Error('AccessDenied'));
    const container = aContainer({ get: refuse, stream: refuse, put: refuse, putIfAbsent: refuse });
    expect(await container.restore()).toBeUndefined();
    await container.save('content');
    expect(container.lines).toEqual([
      "packages: they could not be stored in the project's store: AccessDenied",
    ]);
  });

  test('the store stops when the step is stopped', async () => {
    const objects = new MemoryObjects();
    await aContainer(objects).save('content');
    const store = createPackageStore(objects, OUTPUT, () => undefined);
    const stop = new AbortController();
    stop.abort(new Error('over'));
    await expect(store?.restore(IDENTITY, await aFolder(), stop.signal)).rejects.toThrow('over');
    await expect(
      store?.save('another', await anInstallation('content'), stop.signal),
    ).rejects.toThrow('over');
  });

  test('only attempts of a project have a package store', () => {
    expect(
      createPackageStore(new MemoryObjects(), 'elsewhere/0123', () => undefined),
    ).toBeUndefined();
  });
});

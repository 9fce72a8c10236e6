import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createOwnedObjects } from '../../../src/local/containers/owned-objects.ts';
import { createFileObjects } from '../../../src/local/file-objects.ts';

const isRoot = process.getuid?.() === 0;
const OWNER = 65_534;

it.skipIf(!isRoot)(
  'objects that root writes in a container belong to the user of the machine, with their folders',
  async () => {
    const home = await mkdtemp(join(tmpdir(), 'headrace-owned-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    const objects = createOwnedObjects(home, `${OWNER}:${OWNER}`);
    await objects.put('p/a/value', Buffer.from('1'));
    await objects.putIfAbsent('p/b/value', Buffer.from('2'));
    const files = createFileObjects(home);
    for (const key of ['p', 'p/a', 'p/a/value', 'p/b', 'p/b/value']) {
      const { uid, gid } = await stat(files.path(key));
      expect([key, uid, gid]).toEqual([key, OWNER, OWNER]);
    }
  },
);

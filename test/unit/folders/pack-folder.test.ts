import { execFile } from 'node:child_process';
import {
  appendFile,
  chmod,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { list } from 'tar';
import { describe, expect, it } from 'vitest';
import { UnpackableFolderError } from '../../../src/folders/errors.ts';
import { packFolder } from '../../../src/folders/pack-folder.ts';
import { scanFolder } from '../../../src/folders/scan-folder.ts';
import { unpackFolder } from '../../../src/folders/unpack-folder.ts';
import { folderOfTest } from '../runner/attempt.ts';

/** A folder `data` to pack, beside `outside`, which its links may leave it for. */
async function aFolder(): Promise<{ root: string; data: string; outside: string; copy: string }> {
  const root = await realpath(await folderOfTest());
  const [data, outside] = [join(root, 'data'), join(root, 'outside')];
  await mkdir(data);
  await mkdir(outside);
  return { root, data, outside, copy: join(root, 'copy') };
}

async function packed(folder: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of packFolder(await scanFolder(folder))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function restore(folder: string, copy: string): Promise<Record<string, string>> {
  const archive = await packed(folder);
  await unpackFolder(Readable.from([archive]), copy, { size: archive.length });
  return await contentOf(copy);
}

/** What each path of a folder is: the text of a file, `-> target` of a link, `folder`. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  // With their types, links to folders are not followed.
  for (const each of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const place = join(each.parentPath, each.name);
    const path = relative(folder, place);
    const info = await lstat(place);
    if (info.isSymbolicLink()) found[path] = `-> ${await readlink(place)}`;
    else found[path] = info.isDirectory() ? 'folder' : await readFile(place, 'utf8');
  }
  return found;
}

const refusal = async (folder: string): Promise<string> => {
  const error: unknown = await packed(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UnpackableFolderError);
  return error instanceof Error ? error.message : '';
};

describe('links of a folder', () => {
  it('a link inside the folder stays a relative link, also if it was absolute', async () => {
    const { data, copy } = await aFolder();
    await mkdir(join(data, 'deep/inner'), { recursive: true });
    await writeFile(join(data, 'deep/inner/a.txt'), 'a');
    await symlink('deep/inner/a.txt', join(data, 'relative'));
    await symlink(join(data, 'deep/inner/a.txt'), join(data, 'deep/absolute'));
    await symlink('deep/../deep/./inner/', join(data, 'odd'));
    await symlink('relative', join(data, 'chain'));
    await symlink('..', join(data, 'deep/up'));
    expect(await restore(data, copy)).toEqual({
      deep: 'folder',
      'deep/inner': 'folder',
      'deep/inner/a.txt': 'a',
      'deep/absolute': '-> inner/a.txt',
      'deep/up': '-> ..',
      relative: '-> deep/inner/a.txt',
      odd: '-> deep/inner',
      chain: '-> relative',
    });
  });

  it('a link that leaves the folder is replaced by its content', async () => {
    const { data, outside, copy } = await aFolder();
    await mkdir(join(outside, 'tree/empty'), { recursive: true });
    await writeFile(join(outside, 'one.txt'), 'one');
    await writeFile(join(outside, 'tree/two.txt'), 'two');
    await symlink('two.txt', join(outside, 'tree/same'));
    await symlink('../one.txt', join(outside, 'tree/further'));
    await symlink('../outside/one.txt', join(data, 'relative'));
    await symlink(join(outside, 'one.txt'), join(data, 'absolute'));
    await symlink(join(outside, 'tree'), join(data, 'tree'));
    await symlink('tree/two.txt', join(data, 'through'));
    await symlink('relative', join(data, 'chain'));
    expect(await restore(data, copy)).toEqual({
      relative: 'one',
      absolute: 'one',
      chain: '-> relative',
      // The place of its target is outside, so that it has the content, too.
      through: 'two',
      tree: 'folder',
      'tree/empty': 'folder',
      'tree/two.txt': 'two',
      'tree/same': '-> two.txt',
      'tree/further': 'one',
    });
  });

  it('a link that leaves the folder and returns leads to the place inside', async () => {
    const { data, outside, copy } = await aFolder();
    await writeFile(join(data, 'a'), 'a');
    await symlink(join(data, 'a'), join(outside, 'back'));
    await symlink(join(outside, 'back'), join(data, 'detour'));
    expect(await restore(data, copy)).toEqual({ a: 'a', detour: '-> a' });
  });

  it('a folder that is itself a link is packed as its target', async () => {
    const { root, data, copy } = await aFolder();
    await writeFile(join(data, 'a'), 'a');
    await symlink('a', join(data, 'b'));
    await symlink('data', join(root, 'alias'));
    expect(await restore(join(root, 'alias'), copy)).toEqual({ a: 'a', b: '-> a' });
    expect(await packed(join(root, 'alias'))).toEqual(await packed(data));
  });

  it('a cache of Hugging Face and one snapshot of it are restored', async () => {
    const { data, root } = await aFolder();
    const model = join(data, 'models--org--name');
    await mkdir(join(model, 'blobs'), { recursive: true });
    await mkdir(join(model, 'snapshots/0123abcd/onnx'), { recursive: true });
    await writeFile(join(model, 'blobs/sha1'), 'config');
    await writeFile(join(model, 'blobs/sha2'), 'weights');
    await symlink('../../blobs/sha1', join(model, 'snapshots/0123abcd/config.json'));
    await symlink('../../../blobs/sha2', join(model, 'snapshots/0123abcd/onnx/model.bin'));
    const files = { 'config.json': '-> ../../blobs/sha1', onnx: 'folder' };
    const whole = await restore(model, join(root, 'whole'));
    expect(whole).toMatchObject({
      'snapshots/0123abcd/config.json': files['config.json'],
      'snapshots/0123abcd/onnx/model.bin': '-> ../../../blobs/sha2',
    });
    expect(await readFile(join(root, 'whole/snapshots/0123abcd/onnx/model.bin'), 'utf8')).toBe(
      'weights',
    );
    expect(await restore(join(model, 'snapshots/0123abcd'), join(root, 'snapshot'))).toEqual({
      'config.json': 'config',
      onnx: 'folder',
      'onnx/model.bin': 'weights',
    });
  });
});

describe('what cannot be packed', () => {
  it('a link that leads nowhere, or around in a circle, is refused with its path', async () => {
    const { data } = await aFolder();
    await symlink('../outside/missing', join(data, 'dangling'));
    expect(await refusal(data)).toContain(
      `${join(data, 'dangling')} is a link to ../outside/missing, which does not exist: remove`,
    );
    await rm(join(data, 'dangling'));
    await symlink('b', join(data, 'a'));
    await symlink('a', join(data, 'b'));
    expect(await refusal(data)).toMatch(/data\/[ab] is a link to [ab], which leads around/);
  });

  it('a link to a folder that contains the folder is refused', async () => {
    const { root, data, outside } = await aFolder();
    await symlink('..', join(data, 'up'));
    expect(await refusal(data)).toContain(
      `${join(data, 'up')} is a link to ${root}, which contains the folder itself`,
    );
    await rm(join(data, 'up'));
    // Two folders that lead to each other.
    await mkdir(join(root, 'other'));
    await symlink(outside, join(data, 'outside'));
    await symlink(join(root, 'other'), join(outside, 'other'));
    await symlink(root, join(root, 'other/all'));
    expect(await refusal(data)).toContain('which contains the folder itself');
  });

  it('a pipe, a socket and a device are refused, also behind a link', async () => {
    const { data, outside } = await aFolder();
    const pipe = join(data, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    expect(await refusal(data)).toContain(`${pipe} is neither a file nor a folder`);
    await rename(pipe, join(outside, 'pipe'));
    await symlink('../outside/pipe', join(data, 'link'));
    expect(await refusal(data)).toContain(`${join(data, 'link')} is neither a file nor a folder`);
    await rm(join(data, 'link'));
    await symlink('/dev/null', join(data, 'device'));
    expect(await refusal(data)).toContain(`${join(data, 'device')} is neither`);
    await rm(join(data, 'device'));
    const server = createServer().listen(join(data, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect(await refusal(data)).toContain(`${join(data, 'socket')} is neither`);
    await new Promise((resolve) => server.close(resolve));
  });

  it('a name that is not UTF-8 is refused', async () => {
    const { data } = await aFolder();
    await writeFile(Buffer.concat([Buffer.from(`${data}/caf`), Buffer.from([0xe9])]), '');
    expect(await refusal(data)).toContain(`a name in ${data} is not UTF-8 ("café" in Latin-1)`);
  });

  it('a file that is removed, replaced or cut off while the folder is packed is refused', async () => {
    const { data, outside } = await aFolder();
    const file = join(data, 'a');
    const pack = async (change: () => Promise<unknown>, readFirst: boolean) => {
      await rm(file, { force: true });
      await writeFile(file, Buffer.alloc(4 << 20, 1));
      const chunks = packFolder(await scanFolder(data))[Symbol.asyncIterator]();
      if (readFirst) await chunks.next();
      await change();
      while ((await chunks.next()).done !== true);
    };
    const replaceWith = (make: () => Promise<unknown>) => () => rm(file).then(make);
    await expect(pack(() => rm(file), false)).rejects.toThrow(`${file} cannot be read`);
    await expect(
      pack(
        replaceWith(() => symlink(outside, file)),
        false,
      ),
    ).rejects.toThrow(`${file} cannot be read`);
    const makePipe = () => promisify(execFile)('mkfifo', [file]);
    await expect(pack(replaceWith(makePipe), false)).rejects.toThrow(`${file} changed`);
    await expect(pack(() => truncate(file, 1000), true)).rejects.toThrow(`${file} changed`);
  });

  it('what is appended to a file while it is packed is not in the archive', async () => {
    const { data, copy } = await aFolder();
    const file = join(data, 'log');
    await writeFile(file, Buffer.alloc(4 << 20, 'x'));
    const chunks: Buffer[] = [];
    for await (const chunk of packFolder(await scanFolder(data))) {
      await appendFile(file, 'more');
      chunks.push(chunk);
    }
    await unpackFolder(Readable.from(chunks), copy);
    expect((await lstat(join(copy, 'log'))).size).toBe(4 << 20);
  });
});

describe('the archive of a folder', () => {
  it('depends on the content alone', async () => {
    const archives = await Promise.all(
      [0, 1].map(async (variant) => {
        const { data } = await aFolder();
        const names = ['a', 'b', 'ä', 'run'];
        for (const name of variant === 0 ? names : [...names].reverse())
          await writeFile(join(data, name), name);
        await chmod(join(data, 'run'), variant === 0 ? 0o755 : 0o711);
        await chmod(join(data, 'a'), variant === 0 ? 0o644 : 0o600);
        if (variant === 0) await symlink('a', join(data, 'link'));
        else await symlink(join(data, 'a'), join(data, 'link'));
        if (variant === 0) await link(join(data, 'a'), join(data, 'hard'));
        else await writeFile(join(data, 'hard'), 'a');
        await mkdir(join(data, 'empty'));
        return await packed(data);
      }),
    );
    expect(archives[0]).toEqual(archives[1]);
  });

  it('hard links become files of their own, setuid bits are dropped', async () => {
    const { data, copy } = await aFolder();
    await writeFile(join(data, 'a'), 'a');
    await link(join(data, 'a'), join(data, 'b'));
    await writeFile(join(data, 'run'), 'run');
    await chmod(join(data, 'run'), 0o6755);
    expect(await restore(data, copy)).toEqual({ a: 'a', b: 'a', run: 'run' });
    expect((await lstat(join(copy, 'b'))).nlink).toBe(1);
    expect((await lstat(join(copy, 'run'))).mode & 0o7777).toBe(0o777 & ~process.umask());
    expect((await lstat(join(copy, 'a'))).mode & 0o7777).toBe(0o666 & ~process.umask());
  });

  it('names of any length and characters survive, and other programs can read them', async () => {
    const { data, copy } = await aFolder();
    const long = join('d'.repeat(200), 'e'.repeat(255), 'ü'.repeat(127));
    await mkdir(join(data, long), { recursive: true });
    const names = ['@at', '-dash', 'two\nlines', 'back\\slash', 'x=1', ' blank ', '\u{1f600}'];
    for (const name of names) {
      await writeFile(join(data, name), name);
      await writeFile(join(data, long, name), name);
    }
    await symlink(join(long, 'x=1'), join(data, 'far'));
    await mkdir(join(data, 'empty'));
    expect(await restore(data, copy)).toEqual(await contentOf(data));
    // node-tar cannot read a line end in an extended header.
    await rm(join(data, long, 'two\nlines'));
    const listed: string[] = [];
    const parser = list({ strict: true, onReadEntry: ({ path }) => void listed.push(path) });
    await pipeline(Readable.from([await packed(data)]), parser);
    expect(listed).toContain(join(long, 'x=1'));
    expect(listed).toHaveLength(2 * names.length + 1);
  });

  it('an empty folder is restored, and so is a file of several chunks', async () => {
    const { root, data } = await aFolder();
    expect(await restore(data, join(root, 'empty'))).toEqual({});
    await writeFile(join(data, 'zero'), '');
    await writeFile(join(data, 'large'), Buffer.alloc(5_000_001, 'large'));
    expect(await restore(data, join(root, 'full'))).toEqual(await contentOf(data));
  });
});

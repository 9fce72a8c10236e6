import { lstat, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Header, Pax } from 'tar';
import { describe, expect, it } from 'vitest';
import { FolderArchiveError } from '../../../src/folders/errors.ts';
import { END_OF_ARCHIVE, encodeHeader } from '../../../src/folders/tar-format.ts';
import { unpackFolder } from '../../../src/folders/unpack-folder.ts';
import { folderOfTest } from '../runner/attempt.ts';

/** An entry as another program would write it. */
function entry(fields: object, content = ''): Buffer {
  const header = new Header({ mode: 0o644, uid: 0, gid: 0, size: content.length, ...fields });
  header.encode();
  return Buffer.concat([header.block ?? Buffer.alloc(0), padded(content)]);
}

const padded = (content: string): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
};

const file = (path: string, content = 'x', mode = 0o644): Buffer =>
  entry({ type: 'File', path, mode }, content);
const folder = (path: string): Buffer => entry({ type: 'Directory', path, mode: 0o755 });
const link = (path: string, linkpath: string): Buffer =>
  entry({ type: 'SymbolicLink', path, linkpath });
const extended = (fields: object, header: Buffer): Buffer =>
  Buffer.concat([new Pax(fields).encode(), header]);

const archive = (...entries: readonly Buffer[]): Buffer =>
  Buffer.concat([...entries, END_OF_ARCHIVE]);

/** `outside` has a file that no archive may change; `target` does not exist. */
async function aPlace(): Promise<{ outside: string; target: string }> {
  const root = await realpath(await folderOfTest());
  const outside = join(root, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'kept'), 'kept');
  return { outside, target: join(root, 'target') };
}

const unpack = (bytes: Buffer, target: string, size = bytes.length): Promise<void> =>
  unpackFolder(Readable.from([bytes]), target, { size });

/** A block with a correct checksum after a change of its bytes. */
function changed(block: Buffer, offset: number, bytes: string): Buffer {
  const copy = Buffer.from(block);
  copy.write(bytes, offset, 'latin1');
  copy.fill(' ', 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

describe('a hostile archive', () => {
  const cases: Record<string, (outside: string) => Buffer> = {
    'a path with ..': () => archive(file('../outside/kept')),
    'a path with .. in the middle': () => archive(folder('a'), file('a/../../outside/kept')),
    'an absolute path': (outside) => archive(file(join(outside, 'kept'))),
    'a path that is not in its only form': () => archive(file('a//b')),
    'the folder itself': () => archive(folder('.')),
    'an empty path': () => archive(changed(file('a'), 0, '\0')),
    'a path of an extended header with ..': () =>
      archive(extended({ path: '../outside/kept' }, file('a'))),
    'an absolute link': (outside) => archive(link('a', outside)),
    'a link that leaves the folder': () => archive(link('a', '../outside/kept')),
    'a link through another link that leaves it': () =>
      archive(
        folder('top'),
        file('x/y/file'),
        link('x/y/to-top', '../../top'),
        link('out', 'x/y/to-top/../../outside'),
      ),
    'a dangling link': () => archive(link('a', 'missing')),
    'links in a circle': () => archive(link('a', 'b'), link('b', 'a')),
    'a link of an extended header that leaves it': () =>
      archive(extended({ linkpath: '../outside' }, link('a', 'b')), file('b')),
    'a file behind a link': () => archive(folder('b'), link('a', 'b'), file('a/kept')),
    'a link in place of a folder': () => archive(file('a/kept'), folder('b'), link('a', 'b')),
    'a link behind a link': () =>
      archive(folder('b'), link('a', 'b'), link('a/c', 'd'), file('b/d')),
    'a hard link to a file outside': (outside) =>
      archive(entry({ type: 'Link', path: 'a', linkpath: join(outside, 'kept') })),
    'a hard link to a file inside': () =>
      archive(file('a'), entry({ type: 'Link', path: 'b', linkpath: 'a' })),
    'a character device': () => archive(entry({ type: 'CharacterDevice', path: 'a', devmaj: 1 })),
    'a block device': () => archive(entry({ type: 'BlockDevice', path: 'a', devmaj: 1 })),
    'a pipe': () => archive(entry({ type: 'FIFO', path: 'a' })),
    'a sparse file': () => archive(changed(file('a'), 156, 'S')),
    'an unknown type': () => archive(changed(file('a'), 156, 'Q')),
    'an old type': () => archive(changed(file('a'), 156, '\0')),
    'a long name of GNU': () => archive(changed(file('a', 'name'), 156, 'L'), file('b')),
    'a global extended header': () =>
      archive(Buffer.concat([new Pax({ path: 'z' }, true).encode(), file('a')])),
    'two extended headers': () =>
      archive(extended({ path: 'z' }, extended({ path: 'y' }, file('a')))),
    'an extended header with another key': () => archive(extended({ mode: 1, uid: 7 }, file('a'))),
    'a damaged extended header': () =>
      archive(entry({ type: 'ExtendedHeader', path: 'pax' }, '99 path=z\n'), file('a')),
    'an extended header without an entry': () => archive(new Pax({ path: 'z' }).encode()),
    'a null byte in a path': () =>
      archive(entry({ type: 'ExtendedHeader', path: 'pax' }, '12 path=a\0b\n'), file('a')),
    'two files with one name': () => archive(file('a', 'one'), file('a', 'two')),
    'a file and a folder with one name': () => archive(file('a'), folder('a')),
    'a file and a link with one name': () => archive(file('a'), file('b'), link('a', 'b')),
    'a file in place of a folder': () => archive(file('a/b'), file('a')),
    'a file below a file': () => archive(file('a'), file('a/b')),
    'a name that is not UTF-8': () => archive(changed(file('a'), 0, '\xe9')),
    'a name that no disk can have': () => archive(extended({ path: 'n'.repeat(300) }, file('a'))),
    'a negative size': () => archive(changed(file('a'), 124, '\xff'.repeat(12))),
    'a size in binary': () => archive(changed(file('a'), 124, `\x80${'\0'.repeat(10)}\x01`)),
    'a size that is larger than the archive': () =>
      archive(changed(file('a'), 124, '7'.repeat(11))),
    'an endless size of an extended header': () => archive(extended({ size: 1e300 }, file('a'))),
    'content of a folder': () => archive(changed(folder('a'), 124, '00000001000'), padded('x')),
    'a wrong checksum': () => archive(Buffer.from(file('a')).fill('b', 0, 1)),
    'an end in the middle of a file': () => file('a', 'x'.repeat(1000)).subarray(0, 1024),
    'no end': () => file('a'),
    'half an end': () => Buffer.concat([file('a'), Buffer.alloc(512)]),
    'an entry after its end': () => Buffer.concat([archive(file('a')), archive(file('b'))]),
    'zeros after its end': () => Buffer.concat([archive(file('a')), Buffer.alloc(512)]),
    'an entry after half of its end': () => archive(file('a'), Buffer.alloc(512), file('b')),
    'compressed content': () => gzipSync(archive(file('a'))),
    'no tar': () => Buffer.alloc(2048, 'text'),
    nothing: () => Buffer.alloc(0),
  };
  for (const [name, make] of Object.entries(cases))
    it(`${name} is refused, and nothing of the archive is kept`, async () => {
      const { outside, target } = await aPlace();
      await expect(unpack(make(outside), target)).rejects.toBeInstanceOf(FolderArchiveError);
      expect(await readdir(outside)).toEqual(['kept']);
      expect(await readFile(join(outside, 'kept'), 'utf8')).toBe('kept');
      await expect(lstat(target)).rejects.toThrow('ENOENT');
    });

  it('of permissions only those to read, write and execute are restored', async () => {
    const { target } = await aPlace();
    await unpack(archive(file('set', 'x', 0o7777), file('plain', 'x', 0o4644)), target);
    const modeOf = async (name: string) => (await lstat(join(target, name))).mode & 0o7777;
    expect(await modeOf('set')).toBe(0o777 & ~process.umask());
    expect(await modeOf('plain')).toBe(0o666 & ~process.umask());
  });

  it('a wrong number of bytes is refused', async () => {
    const { target } = await aPlace();
    const bytes = archive(file('a'));
    await expect(unpack(bytes, target, bytes.length - 512)).rejects.toThrow('more than');
    await expect(unpack(bytes, target, bytes.length + 512)).rejects.toThrow('were written');
  });

  it('a folder that is not empty is left as it is', async () => {
    const { outside } = await aPlace();
    await expect(unpack(archive(file('a')), outside)).rejects.toThrow('is not empty');
    expect(await readdir(outside)).toEqual(['kept']);
  });

  it('an empty folder remains, and empty, when the archive is refused', async () => {
    const { target } = await aPlace();
    await mkdir(target);
    const bad = archive(file('a'), file('b/c'), link('d', '/etc'));
    await expect(unpack(bad, target)).rejects.toBeInstanceOf(FolderArchiveError);
    expect(await readdir(target)).toEqual([]);
    await unpack(archive(file('a')), target);
    expect(await readdir(target)).toEqual(['a']);
  });

  it('a stream that is refused is closed', async () => {
    const { target } = await aPlace();
    const stream = Readable.from([file('../a'), Buffer.alloc(1 << 20)]);
    await expect(unpackFolder(stream, target)).rejects.toBeInstanceOf(FolderArchiveError);
    expect(stream.destroyed).toBe(true);
  });

  it('chunks of any length make no difference', async () => {
    const { target } = await aPlace();
    const bytes = Buffer.concat([
      encodeHeader({ kind: 'file', path: 'ü'.repeat(100), size: 700, executable: false }),
      padded('x'.repeat(700)),
      END_OF_ARCHIVE,
    ]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    );
    await unpackFolder(Readable.from([...chunks, Buffer.alloc(0)]), target);
    expect(await readFile(join(target, 'ü'.repeat(100)), 'utf8')).toBe('x'.repeat(700));
  });

  it('an archive with random changes is restored within the folder or refused', async () => {
    const { outside, target } = await aPlace();
    const base = archive(
      extended({ path: `${'long/'.repeat(30)}name` }, file('a', 'content')),
      folder('empty'),
      file('b/c', 'x'.repeat(600), 0o755),
      link('l', 'b/c'),
    );
    const change = fc.tuple(fc.nat(base.length - 1), fc.nat(255), fc.nat(8));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(9), async (changes, run) => {
        const bytes = Buffer.from(base);
        for (const [offset, value, length] of changes) {
          bytes.fill(value, offset, Math.min(offset + length, bytes.length));
          // Most changes would end at the checksum.
          const start = offset - (offset % 512);
          changed(bytes.subarray(start, start + 512), 0, '').copy(bytes, start);
        }
        const place = `${target}-${run}-${Math.random()}`;
        const error: unknown = await unpack(bytes, place).catch((reason: unknown) => reason);
        if (error !== undefined) expect(error).toBeInstanceOf(FolderArchiveError);
        else expect((await readdir(place)).length).toBeGreaterThan(0);
        expect(await readdir(outside)).toEqual(['kept']);
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});

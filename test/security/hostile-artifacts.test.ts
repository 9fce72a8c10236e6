/**
 * Objects of a store that another program wrote: archives of folders that lead out of their folder,
 * and CBOR that asks for code or memory.
 *
 * @module
 */
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header, Pax } from 'tar';
import { describe, expect, test, vi } from 'vitest';
import { decode } from '../../src/codec/index.ts';
import { aProject } from '../e2e/cli.ts';

vi.setConfig({ testTimeout: 120_000 });

const BLOCK = 512;
const ARCHIVE_BYTES = 64 * BLOCK;

function entry(fields: object, content = ''): Buffer {
  const header = new Header({ mode: 0o644, uid: 0, gid: 0, size: content.length, ...fields });
  header.encode();
  const body = Buffer.from(content);
  return Buffer.concat([
    header.block ?? Buffer.alloc(0),
    body,
    Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK),
  ]);
}

const file = (path: string, mode = 0o644): Buffer => entry({ type: 'File', path, mode }, 'hostile');
const link = (path: string, linkpath: string): Buffer =>
  entry({ type: 'SymbolicLink', path, linkpath });

/** The entries behind a file that gives the archive the size of the one that it replaces. */
function padded(...entries: readonly Buffer[]): Buffer {
  const hostile = Buffer.concat(entries);
  const filler = 'x'.repeat(ARCHIVE_BYTES - 3 * BLOCK - hostile.length);
  return Buffer.concat([
    entry({ type: 'File', path: 'filler' }, filler),
    hostile,
    Buffer.alloc(2 * BLOCK),
  ]);
}

const ARCHIVES: Readonly<Record<string, (outside: string) => Buffer>> = {
  'a path with ..': () => padded(file('../outside/kept')),
  'an absolute path': (outside) => padded(file(join(outside, 'kept'))),
  'a path of an extended header': () =>
    padded(new Pax({ path: '../outside/kept' }).encode(), file('a')),
  'a link to a file outside, and a file behind it': (outside) =>
    padded(link('a', outside), file('a/kept')),
  'a link to the folder above, and a file behind it': () => padded(link('a', '..'), file('a/new')),
  'a hard link to a file outside': (outside) =>
    padded(entry({ type: 'Link', path: 'a', linkpath: join(outside, 'kept') }), file('a')),
  'a device': () => padded(entry({ type: 'CharacterDevice', path: 'a', devmaj: 1, devmin: 3 })),
  'a pipe': () => padded(entry({ type: 'FIFO', path: 'a' })),
  'a second file under the name of a link': (outside) =>
    padded(link('a', join(outside, 'kept')), file('a')),
  'a compressed archive': (outside) =>
    Buffer.concat(
      [gzipSync(file(join(outside, 'kept'))), Buffer.alloc(ARCHIVE_BYTES)],
      ARCHIVE_BYTES,
    ),
};

const SOURCE = `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactFile, component, currentStep, pipeline } from 'headrace';
export const make = component({ returnValues: ['folder'] }, () => {
  const folder = currentStep().temporaryDirectory;
  // A header, the content, and two blocks at the end: ${ARCHIVE_BYTES} bytes.
  writeFileSync(join(folder, 'a'), 'x'.repeat(${ARCHIVE_BYTES} - 3 * ${BLOCK}));
  return new ArtifactFile(folder);
});
export const main = pipeline({ name: 'main', project: 'tests' }, async () => { await make(); });
`;

describe('archives of folders', () => {
  test('no hostile archive writes, changes or links anything outside of the target', async () => {
    const { folder, home, cli } = await aProject({ 'main.ts': SOURCE });
    expect(await cli('run', 'main.ts')).toMatchObject({ code: 0 });
    const outside = join(folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'kept'), 'kept');
    const objects = readdirSync(join(home, 'objects/p'), { recursive: true, withFileTypes: true });
    const [object] = objects.filter((each) => each.isFile() && each.parentPath.endsWith('/values'));
    const path = join(object?.parentPath ?? '', object?.name ?? '');
    expect(lstatSync(path).size).toBe(ARCHIVE_BYTES);
    chmodSync(path, 0o600);
    const get = (target: string) =>
      cli('artifacts', 'get', 'latest', 'make', 'folder', '-o', target);

    for (const [what, archive] of Object.entries(ARCHIVES)) {
      writeFileSync(path, archive(outside));
      const { code, stderr } = await get('target');
      expect({ what, refused: code !== 0 }, stderr).toEqual({ what, refused: true });
      expect(stderr).toMatch(/^error: /);
      expect(await readdir(outside)).toEqual(['kept']);
      expect(await readFile(join(outside, 'kept'), 'utf8')).toBe('kept');
      expect(readdirSync(folder)).not.toContain('new');
    }

    writeFileSync(path, padded(file('program', 0o6755)));
    expect((await get('modes')).code).toBe(0);
    expect(lstatSync(join(folder, 'modes/program')).mode & 0o7000).toBe(0);
    expect(readFileSync(join(folder, 'modes/program'), 'utf8')).toBe('hostile');
  });
});

describe('hostile CBOR', () => {
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([0x78, value.length]), Buffer.from(value)]);
  const tagged = (tag: number, ...content: readonly Buffer[]): Buffer => {
    const head = Buffer.alloc(5);
    head[0] = 0xda;
    head.writeUInt32BE(tag, 1);
    return Buffer.concat([head, ...content]);
  };
  const list = (...items: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([0x80 + items.length]), ...items]);
  const map = (...pairs: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([0xa0 + pairs.length / 2]), ...pairs]);
  const HUGE = [0xff, 0xff, 0xff, 0xff];

  test.each<[string, Buffer]>([
    ['a text of 4 GB that ends', Buffer.from([0x7a, ...HUGE])],
    ['bytes of 4 GB that end', Buffer.from([0x5a, ...HUGE])],
    ['a list of four billion items that ends', Buffer.from([0x9a, ...HUGE])],
    ['a map of four billion items that ends', Buffer.from([0xba, ...HUGE])],
    ['a length of 64 bits', Buffer.from([0x9b, ...HUGE, ...HUGE])],
    ['a list without an end', Buffer.from([0x9f, 0x01])],
    ['a hundred thousand lists inside each other', Buffer.alloc(100_000, 0x81)],
    ['a hundred thousand tags', Buffer.alloc(100_000, 0xc1)],
    ['the key __proto__', map(text('__proto__'), map(text('polluted'), text('yes')))],
    [
      'the key constructor',
      map(text('constructor'), map(text('prototype'), map(text('polluted'), text('yes')))),
    ],
    ['a class by name', tagged(27, list(text('Function'), text('globalThis.polluted = 1')))],
    ['a process by name', tagged(27, list(text('process'), text('exit')))],
    ['an error by name', tagged(27, list(text('Error'), text('message')))],
    ['a regular expression that backtracks', tagged(27, list(text('RegExp'), text('(a+)+$')))],
    ['a shared reference to itself', tagged(28, list(tagged(29, Buffer.from([0x00]))))],
    ['a reference to nothing', tagged(29, Buffer.from([0x18, 0xff]))],
    ['a record definition', tagged(0x69, list(Buffer.from([0x00]), list(text('toString'))))],
    ['a set of no list', tagged(258, text('x'))],
    ['a typed array of an odd length', tagged(86, Buffer.from([0x43, 1, 2, 3]))],
    ['a date out of range', tagged(1, Buffer.from([0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0]))],
    ['an unknown tag', tagged(0xffffffff, Buffer.from([0x00]))],
    [
      'a hole of four billion items',
      tagged(0x68720000, list(Buffer.from([0x1a, ...HUGE]), list())),
    ],
  ])('%s executes nothing and takes no memory', (_what, bytes) => {
    const before = process.memoryUsage.rss();
    let value: unknown;
    try {
      value = decode({ format: 'cbor', bytes: new Uint8Array(bytes) });
    } catch (error) {
      value = error;
    }
    expect(typeof value).not.toBe('function');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(globalThis, 'polluted')).toBeUndefined();
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20);
  });
});

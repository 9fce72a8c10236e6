/**
 * Archives: valid ones with mistakes in their headers, links, sizes and extended headers.
 *
 * @module
 */
import {
  type ArchiveHeader,
  END_OF_ARCHIVE,
  encodeHeader,
  paddingAfter,
} from '../../../src/folders/tar-format.ts';
import type { Random } from '../../simulation/random.ts';
import { mutatedBytes, randomBytes, randomText } from './bytes.ts';

const NAMES = ['a', 'b', 'link', 'folder', '..', '.', '', 'x'.repeat(120), 'é', 'A', '\u0000', '/'];
const TARGETS = [
  'a',
  'b',
  'link',
  '..',
  '../..',
  '../outside/kept',
  '/etc/passwd',
  '.',
  'a/../b',
  '',
];

const pathOf = (random: Random): string =>
  random.chance(0.03)
    ? randomText(random, 300)
    : Array.from({ length: random.int(1, random.chance(0.02) ? 60 : 3) }, () =>
        random.chance(0.85) ? random.pick(NAMES.slice(0, 4)) : random.pick(NAMES),
      ).join('/');

function headerOf(random: Random, size: number): ArchiveHeader {
  const path = pathOf(random);
  const kind = random.weighted({ file: 5, folder: 2, link: 4 });
  if (kind === 'file') return { kind, path, size, executable: random.chance(0.5) };
  if (kind === 'folder') return { kind, path };
  return { kind, path, target: random.chance(0.8) ? random.pick(TARGETS) : pathOf(random) };
}

const FIELDS = [
  [0, 100],
  [100, 8],
  [124, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [345, 155],
] as const;
const CONTENTS = [
  '0000777\0',
  '0007777\0',
  '77777777777\0',
  '0',
  '1',
  '2',
  '3',
  '6',
  '7',
  'x',
  'g',
];
const MORE_CONTENTS = [
  'L',
  'K',
  'S',
  '-1',
  'ustar  \0',
  '../outside/kept\0',
  '\x80\0\0\0\0\0\0\x01',
];

/** The header with a field replaced, and a checksum that is correct again. */
function withField(random: Random, header: Buffer): Buffer {
  const copy = Buffer.from(header);
  const [offset, length] = random.pick(FIELDS);
  const content = random.pick([...CONTENTS, ...MORE_CONTENTS, randomText(random, length)]);
  copy.write(content.slice(0, length), offset, 'latin1');
  return withChecksum(copy);
}

function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

const RECORDS = [
  'path=a',
  'path=../x',
  'linkpath=../..',
  'size=5',
  'size=9007199254740993',
  'mtime=1',
];

/** An extended header, whose records may be wrong. */
function extendedHeader(random: Random): Buffer {
  const body = Buffer.from(
    Array.from({ length: random.int(1, 3) }, () => {
      const text = random.chance(0.8) ? random.pick(RECORDS) : randomText(random, 20);
      const length = String(Buffer.byteLength(text) + 4);
      return `${random.chance(0.9) ? length : random.pick(['0', '5', '99999', '-1'])} ${text}\n`;
    }).join(''),
  );
  const block = encodeHeader({ kind: 'file', path: 'pax', size: body.length, executable: false });
  block.write(random.pick(['x', 'x', 'x', 'g', 'L', 'K']), 156, 'latin1');
  return Buffer.concat([withChecksum(block), body, paddingAfter(body.length)]);
}

export function hostileArchive(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let count = random.int(0, 5); count > 0; count -= 1) {
    const content = randomBytes(random, random.pick([0, 1, 5, 512, 700]));
    const described = headerOf(random, content.length);
    if (random.chance(0.1)) parts.push(extendedHeader(random));
    const header = encodeHeader(described);
    parts.push(random.chance(0.12) ? withField(random, header) : header);
    if (described.kind === 'file') parts.push(content, paddingAfter(content.length));
  }
  if (random.chance(0.97)) parts.push(END_OF_ARCHIVE);
  const archive = Buffer.concat(parts);
  return random.chance(0.15) ? mutatedBytes(random, archive) : new Uint8Array(archive);
}

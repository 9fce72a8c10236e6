/**
 * The archive of a folder: a tar (POSIX pax) with files, links and empty folders, and nothing that
 * differs between two folders with the same content: no times, no owners, and of the permissions
 * only whether a file is executable.
 *
 * The reader accepts what the writer writes, and throws for anything else. A general reader of tar
 * has to guess (old formats, wrong lengths, compression), and each guess is one more way to hide an
 * entry.
 *
 * @module
 */
import { FolderArchiveError } from './errors.ts';

export const BLOCK_BYTES = 512;

/** The bound of the entries of a folder. Each of them is in memory while it is packed. */
export const MAX_FOLDER_ENTRIES = 1_000_000;

export type ArchiveHeader =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
    }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const TYPES = { file: '0', link: '2', folder: '5' } as const;
const EXTENDED = 'x';
/** Stands where an extended header has the name: some readers insist on one. */
const EXTENDED_NAME = 'pax';
const MAGIC = 'ustar\u000000';
/** The largest number in eleven octal digits. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1;
const MAX_EXTENDED_BYTES = 64 * 1024;

const FIELDS = {
  path: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
} as const satisfies Record<string, readonly [offset: number, length: number]>;

/** The bytes before the content of an entry. */
export function encodeHeader(header: ArchiveHeader): Buffer {
  const size = header.kind === 'file' ? header.size : 0;
  const target = header.kind === 'link' ? header.target : '';
  const records = [
    ...(fits(header.path) ? [] : [extendedRecord('path', header.path)]),
    ...(fits(target) ? [] : [extendedRecord('linkpath', target)]),
    ...(size <= MAX_OCTAL_SIZE ? [] : [extendedRecord('size', String(size))]),
  ];
  const block = encodeBlock({
    path: fits(header.path) ? header.path : EXTENDED_NAME,
    target: fits(target) ? target : EXTENDED_NAME,
    size: Math.min(size, MAX_OCTAL_SIZE),
    type: TYPES[header.kind],
    executable: header.kind === 'folder' || (header.kind === 'file' && header.executable),
  });
  if (records.length === 0) return block;
  const body = Buffer.concat(records);
  return Buffer.concat([
    encodeBlock({
      path: EXTENDED_NAME,
      target: '',
      size: body.length,
      type: EXTENDED,
      executable: false,
    }),
    body,
    paddingAfter(body.length),
    block,
  ]);
}

/** The zeros that fill the last block of a content. */
export const paddingAfter = (size: number): Buffer =>
  Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

/** What follows the last entry. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

const fits = (text: string): boolean => Buffer.byteLength(text) <= FIELDS.path[1];

/** A record of pax: its own length in bytes, a blank, the key, `=`, the value, a line end. */
function extendedRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

interface Block {
  readonly path: string;
  readonly target: string;
  readonly size: number;
  readonly type: string;
  readonly executable: boolean;
}

function encodeBlock({ path, target, size, type, executable }: Block): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(path, FIELDS.path[0]);
  block.write(executable ? '0000755' : '0000644', FIELDS.mode[0]);
  block.write('0000000', FIELDS.uid[0]);
  block.write('0000000', FIELDS.gid[0]);
  block.write(size.toString(8).padStart(11, '0'), FIELDS.size[0]);
  block.write('00000000000', FIELDS.mtime[0]);
  block.write(type, FIELDS.type[0]);
  block.write(target, FIELDS.target[0]);
  block.write(MAGIC, FIELDS.magic[0]);
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, FIELDS.checksum[0], 'latin1');
  return block;
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksumOf(block: Buffer): number {
  const [offset, length] = FIELDS.checksum;
  let sum = length * 0x20;
  for (let index = 0; index < BLOCK_BYTES; index++)
    if (index < offset || index >= offset + length) sum += block[index] ?? 0;
  return sum;
}

/**
 * Reads the next header.
 *
 * @param take returns the next bytes of the archive, exactly as many
 * @returns undefined at the end of the archive
 * @throws FolderArchiveError
 */
export async function decodeHeader(
  take: (bytes: number) => Promise<Buffer>,
): Promise<ArchiveHeader | undefined> {
  const first = await take(BLOCK_BYTES);
  if (isZero(first)) {
    if (!isZero(await take(BLOCK_BYTES))) throw new FolderArchiveError('it has data after its end');
    return undefined;
  }
  const block = decodeBlock(first);
  if (block.type !== EXTENDED) return toHeader(block);
  if (block.size > MAX_EXTENDED_BYTES)
    throw new FolderArchiveError(`the name of an entry has ${block.size} bytes`);
  const body = await take(block.size);
  await take(paddingAfter(block.size).length);
  const extended = decodeRecords(body);
  const next = decodeBlock(await take(BLOCK_BYTES));
  if (next.type === EXTENDED) throw new FolderArchiveError('an entry has two extended headers');
  return toHeader({
    ...next,
    path: extended.path ?? next.path,
    target: extended.linkpath ?? next.target,
    size: extended.size === undefined ? next.size : decimal(extended.size),
  });
}

const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0);

function decodeBlock(block: Buffer): Block {
  if (block.toString('latin1', FIELDS.magic[0], FIELDS.magic[0] + FIELDS.magic[1]) !== MAGIC)
    throw new FolderArchiveError('it is no tar that Headrace wrote');
  if (octal(block, 'checksum') !== checksumOf(block))
    throw new FolderArchiveError('the checksum of an entry is wrong');
  return {
    path: text(block, 'path'),
    target: text(block, 'target'),
    size: octal(block, 'size'),
    type: text(block, 'type'),
    // All other permissions are dropped: they have no meaning on another machine.
    executable: (octal(block, 'mode') & 0o100) !== 0,
  };
}

function toHeader({ path, target, size, type, executable }: Block): ArchiveHeader {
  const where = `its entry ${JSON.stringify(path)}`;
  const checked = checkedPath(path, where);
  if (type === TYPES.file) return { kind: 'file', path: checked, size, executable };
  if (size !== 0) throw new FolderArchiveError(`${where} has content, and is no file`);
  if (type === TYPES.folder) return { kind: 'folder', path: checked };
  if (type === TYPES.link)
    return { kind: 'link', path: checked, target: checkedTarget(checked, target, where) };
  throw new FolderArchiveError(
    `${where} is no file, folder or link, but of type ${JSON.stringify(type)}`,
  );
}

/** A relative path in its only form: nothing to resolve, and nothing that leads out. */
function checkedPath(path: string, where: string): string {
  if (path.includes('\0') || path.split('/').some((part) => ['', '.', '..'].includes(part)))
    throw new FolderArchiveError(`${where} is not the path of something in the folder`);
  return path;
}

/**
 * A link leads to another place in the folder. Links in the way are not resolved here, so its
 * place is checked again when it exists.
 */
function checkedTarget(path: string, target: string, where: string): string {
  let depth = path.split('/').length - 1;
  const leaves = target.split('/').some((part) => {
    if (part === '..') depth -= 1;
    else if (part !== '.') depth += 1;
    return depth < 0;
  });
  if (target === '' || target.startsWith('/') || target.includes('\0') || leaves)
    throw new FolderArchiveError(
      `${where} is a link to ${JSON.stringify(target)}, which is not in the folder`,
    );
  return target;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    throw new FolderArchiveError('a name in it is not UTF-8', error);
  }
}

function text(block: Buffer, field: keyof typeof FIELDS): string {
  const [offset, length] = FIELDS[field];
  const bytes = block.subarray(offset, offset + length);
  const end = bytes.indexOf(0);
  return utf8(end < 0 ? bytes : bytes.subarray(0, end));
}

function octal(block: Buffer, field: keyof typeof FIELDS): number {
  const [offset, length] = FIELDS[field];
  const digits = block.toString('latin1', offset, offset + length).replace(/[\0 ]+$/, '');
  if (!/^[0-7]+$/.test(digits))
    throw new FolderArchiveError(`the ${field} of an entry is no octal number`);
  return Number.parseInt(digits, 8);
}

function decimal(digits: string): number {
  const value = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw new FolderArchiveError('the size of an entry is no number');
  return value;
}

interface Records {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: string;
}

function decodeRecords(body: Buffer): Records {
  const found = new Map<string, string>();
  for (let offset = 0; offset < body.length; ) {
    const blank = body.indexOf(0x20, offset);
    const digits = body.toString('latin1', offset, Math.max(offset, blank));
    const length = /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : 0;
    const end = offset + length;
    const equals = body.indexOf(0x3d, blank);
    if (blank < 0 || equals < 0 || equals >= end || end > body.length || body[end - 1] !== 0x0a)
      throw new FolderArchiveError('an extended header is damaged');
    const key = utf8(body.subarray(blank + 1, equals));
    if (!['path', 'linkpath', 'size'].includes(key) || found.has(key))
      throw new FolderArchiveError(
        `an extended header has the unexpected key ${JSON.stringify(key)}`,
      );
    found.set(key, utf8(body.subarray(equals + 1, end - 1)));
    offset = end;
  }
  return Object.fromEntries(found);
}

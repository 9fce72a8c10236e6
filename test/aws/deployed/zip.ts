/**
 * Packs a folder into a ZIP archive, as `cdk deploy` uploads it.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { deflateRawSync } from 'node:zlib';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(content: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of content) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

interface Entry {
  readonly name: Buffer;
  readonly content: Buffer;
  readonly packed: Buffer;
  readonly offset: number;
}

/** The fields that a file's local header and its directory entry share. */
function shared({ name, content, packed }: Omit<Entry, 'offset'>): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0); // version that can read it
  fields.writeUInt16LE(0x0800, 2); // names are UTF-8
  fields.writeUInt16LE(8, 4); // deflated
  fields.writeUInt16LE(0x21, 8); // 1980-01-01: the same folder gives the same archive
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

const signature = (value: number): Buffer => Buffer.from([0x50, 0x4b, value & 0xff, value >> 8]);

export function zipFolder(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = readFileSync(file);
    const entry: Entry = {
      name: Buffer.from(relative(folder, file).split(sep).join('/')),
      content,
      packed: deflateRawSync(content),
      offset,
    };
    const fields = shared(entry);
    const body = Buffer.concat([signature(0x0403), fields, entry.name, entry.packed]);
    const attributes = Buffer.alloc(14);
    attributes.writeUInt32LE(0o100644 * 0x10000, 6);
    attributes.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([signature(0x0201), Buffer.from([20, 3]), fields, attributes, entry.name]),
    );
    bodies.push(body);
    offset += body.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, listing, signature(0x0605), end]);
}

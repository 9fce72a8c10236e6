/**
 * Contents that are too large, too deep or not what they claim to be.
 *
 * @module
 */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encode } from '../../../src/codec/index.ts';
import { createFileObjects } from '../../../src/local/file-objects.ts';
import type { Artifact } from '../../../src/model/artifacts.ts';
import type { StoredValue } from '../../../src/model/value.ts';
import { runId } from '../../conformance/records.ts';
import { SEED_TIME, type SeededCall, seedHome } from './seed-run.ts';

export const BAD_CONTENT_RUN = runId(301);

export const GIGABYTES_2 = 2 * 2 ** 30;
const DEPTH = 10_000;
/** The line of a log between two short ones. */
export const LONG_LINE_BYTES = 5_000_000;
export const METRICS = 200;

/** Calls of the run. */
export const CALLS = { artifacts: 0, log: 1, metrics: 2 } as const;

/** A picture of one bit a pixel: of 20,000 × 20,000 pixels it has 49 kB, and decoded 1.6 GB. */
function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)));
  const chunk = (type: string, data: Buffer): Buffer => {
    const content = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(content));
    return Buffer.concat([length, content, sum]);
  };
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The checksum of PNG; `zlib.crc32` is newer than the oldest Node.js that is supported. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffff_ffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb8_8320 : 0);
  }
  return ~sum >>> 0;
}

function cborBytes(value: unknown): Uint8Array {
  const encoded = encode(value);
  if (encoded.format !== 'cbor') throw new Error('the value has a form in JSON');
  return encoded.bytes;
}

interface Content {
  readonly name: string;
  readonly format: StoredValue['format'];
  readonly bytes: Uint8Array;
  /** A longer file ends with zeros, which occupy no space. */
  readonly size?: number;
  /** Without an object. */
  readonly isRemoved?: boolean;
}

const CONTENTS: readonly Content[] = [
  {
    name: 'huge.csv',
    format: 'file',
    bytes: Buffer.from(`id,value\n${'1,2\n'.repeat(20_000)}`),
    size: GIGABYTES_2,
  },
  {
    name: 'huge-json',
    format: 'json',
    bytes: Buffer.from(`[${'1,'.repeat(50_000)}`),
    size: GIGABYTES_2,
  },
  {
    name: 'deep',
    format: 'cbor',
    bytes: Buffer.concat([Buffer.alloc(DEPTH, 0x81), Buffer.from([0x01])]),
  },
  {
    name: 'page.png',
    format: 'file',
    bytes: Buffer.from('<html><img src=x onerror=alert(1)><script>alert(1)</script></html>'),
  },
  {
    name: 'drawing.svg',
    format: 'file',
    bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
  },
  { name: 'picture.json', format: 'file', bytes: blackPng(40, 30) },
  { name: 'bomb.png', format: 'file', bytes: blackPng(20_000, 20_000) },
  {
    name: 'records',
    format: 'json',
    bytes: Buffer.from(
      JSON.stringify(
        Array.from({ length: 3 }, (_, id) => ({ id, items: Array.from({ length: 60 }, () => id) })),
      ),
    ),
  },
  {
    name: 'wide-map',
    format: 'cbor',
    bytes: cborBytes(new Map(Array.from({ length: 250 }, (_, n) => [n * n, { n: [n] }]))),
  },
  { name: 'not-json', format: 'json', bytes: Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x10]) },
  { name: 'not-cbor', format: 'cbor', bytes: Buffer.from('{"a": 1}') },
  { name: 'not-a-folder', format: 'folder', bytes: Buffer.from('no archive '.repeat(100)) },
  { name: 'empty', format: 'file', bytes: Buffer.alloc(0) },
  { name: 'removed', format: 'file', bytes: Buffer.from('gone'), isRemoved: true },
];

/** A run with all of it. */
export const seedBadContent = (home: string): Promise<void> =>
  seedHome(home, async (seed) => {
    const artifacts = CONTENTS.map((content) => writeContent(home, content));
    const calls: readonly SeededCall[] = [
      { component: 'store', step: { artifacts } },
      {
        component: 'print',
        log: `before\n${'0123456789'.repeat(LONG_LINE_BYTES / 10)}\nafter\n`,
      },
      { component: 'measure', points: [...metricPoints()] },
    ];
    await seed({ id: BAD_CONTENT_RUN, pipeline: 'bad-content', calls });
  });

function writeContent(
  home: string,
  { name, format, bytes, size = bytes.length, isRemoved = false }: Content,
): Artifact {
  const key = `examples/bad-content/${name}`;
  if (!isRemoved) {
    const file = createFileObjects(home).path(key);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, bytes);
    truncateSync(file, size);
  }
  const hash = 'a'.repeat(64);
  return {
    name,
    type: format,
    size,
    hash,
    preview: '',
    value: { format, key, size, hash, ...(format === 'file' && { name }) },
    createdAt: SEED_TIME,
  };
}

/** 200 metrics of one step; one of them is not finite at times, and one never is. */
function* metricPoints() {
  for (let metric = 0; metric < METRICS; metric++)
    for (let iteration = 0; iteration < 20; iteration++)
      yield {
        title: `group ${metric % 10}`,
        series: `metric ${String(metric).padStart(3, '0')}`,
        iteration,
        value:
          metric === 0 && iteration % 5 === 0
            ? ('NaN' as const)
            : metric === 1
              ? ('-Infinity' as const)
              : metric + iteration / 20,
        at: SEED_TIME + iteration * 100,
      };
}

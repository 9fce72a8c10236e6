/**
 * Documents of stores, and the specs of groups.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import {
  DocumentUnreadableError,
  decodeDocument,
  encodeDocument,
} from '../../../src/aws/dynamodb/documents.ts';
import { Database } from '../../../src/local/store/database.ts';
import { StoreCorruptError } from '../../../src/local/store/errors.ts';
import {
  encodeGroupSpec,
  GroupSpecError,
  packSpec,
  readGroupSpec,
  unpackSpec,
} from '../../../src/model/group-spec.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { stepSpec } from '../../support/step-spec.ts';
import { mutatedBytes, mutatedText, randomBytes, randomText } from '../generate/bytes.ts';
import { hostileJson, randomJson } from '../generate/json.ts';
import { asJson, refusedWith, rejectedWith, requireEqual, type Target } from '../target.ts';

const tableDocuments: Target<Uint8Array> = {
  name: 'table-documents',
  share: 5,
  generate(random) {
    const kind = random.int(0, 5);
    if (kind === 0) return randomBytes(random, random.int(0, 60));
    if (kind === 1)
      return Buffer.concat([
        Uint8Array.of(random.int(0, 2)),
        deflateRawSync(Buffer.alloc(random.pick([0, 1000, 100_000]), '[')),
      ]);
    if (kind === 2) return Buffer.from(`\0${hostileJson(random, [{ a: 1 }])}`);
    return mutatedBytes(random, encodeDocument(randomJson(random, 5)));
  },
  check(bytes) {
    const document = refusedWith([DocumentUnreadableError], () => ({
      value: decodeDocument(bytes),
    }));
    if (document === undefined || bytes.length > 10_000) return;
    requireEqual(
      decodeDocument(encodeDocument(document.value)),
      asJson(document.value),
      'the document',
    );
  },
};

const folder = mkdtempSync(join(tmpdir(), 'headrace-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const database = new Database(join(folder, 'fuzz.db'));

const storeDocuments: Target<string> = {
  name: 'store-documents',
  share: 2,
  generate: (random) => hostileJson(random, [{ call: 1, name: 'step', values: [] }, [1, 2]]),
  check: (text) => void refusedWith([StoreCorruptError], () => database.parse(text)),
};

const SPECS: readonly StepSpec[] = [0, 1, 2].map((call) =>
  stepSpec({ call, step: `score_${call}`, args: { format: 'json', text: `[${call}]` } }),
);
const PREPARATION = { dockerBashSetupScript: 'true', repo: 'https://host.example/a.git' };
const GROUP = encodeGroupSpec(SPECS, PREPARATION);

const groupSpecs: Target<{ readonly content: Uint8Array; readonly index: number }> = {
  name: 'group-specs',
  share: 4,
  generate(random) {
    const kind = random.int(0, 3);
    const index = random.int(0, 4);
    if (kind === 0) return { content: randomBytes(random, random.int(0, 60)), index };
    if (kind === 1) return { content: mutatedBytes(random, GROUP), index };
    if (kind === 2)
      return { content: Buffer.from(mutatedText(random, Buffer.from(GROUP).toString())), index };
    return {
      content: withJson(hostileJson(random, [{ v: 1, preparation: PREPARATION, spec: SHARED }])),
      index: 0,
    };
  },
  async check({ content, index }) {
    await rejectedWith([GroupSpecError], () =>
      readGroupSpec(async (start, length) => content.subarray(start, start + length), index, 't'),
    );
  },
};

const { call: _, token: __, ...rest } = stepSpec();
const SHARED = JSON.parse(JSON.stringify(rest));

/** A group of one member, with this text as its shared part. */
function withJson(shared: string): Uint8Array {
  const bytes = Buffer.from(shared);
  const own = Buffer.from('{"call":0}');
  const line = (start: number, length: number) =>
    Buffer.from(`${String(start).padStart(14, '0')} ${String(length).padStart(11, '0')}\n`);
  return Buffer.concat([line(27, bytes.length), bytes, line(54 + bytes.length, own.length), own]);
}

const packedSpecs: Target<string> = {
  name: 'packed-specs',
  share: 3,
  generate(random) {
    if (random.chance(0.1)) return randomText(random, 60);
    if (random.chance(0.01)) return packSpec(Buffer.alloc(random.pick([0, 5_000_000])));
    const packed = packSpec(random.chance(0.5) ? GROUP : mutatedBytes(random, GROUP));
    return random.chance(0.6) ? mutatedText(random, packed) : packed;
  },
  check: (text) =>
    rejectedWith([GroupSpecError], async () => {
      await readGroupSpec(unpackSpec(text), 1, 't');
    }),
};

/** What a group contains is read again by each of its members. */
const groupRoundTrips: Target<readonly string[]> = {
  name: 'group-round-trips',
  share: 1,
  generate: (random) => Array.from({ length: random.int(1, 4) }, () => randomText(random, 40)),
  async check(texts) {
    const specs = texts.map((text, call) =>
      stepSpec({ call, step: text, token: 't', args: { format: 'json', text } }),
    );
    const read = unpackSpec(packSpec(encodeGroupSpec(specs, {})));
    for (const [index, spec] of specs.entries())
      requireEqual((await readGroupSpec(read, index, 't')).spec, spec, 'the spec');
  },
};

export const DOCUMENT_TARGETS: readonly Target[] = [
  tableDocuments,
  storeDocuments,
  groupSpecs,
  packedSpecs,
  groupRoundTrips,
];

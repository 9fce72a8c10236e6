/**
 * Previews: the readers of JSON, CBOR, tables and archives whose bytes may end anywhere.
 *
 * @module
 */
import { decode, encode } from '../../../src/codec/index.ts';
import type { PreviewValue } from '../../../src/model/preview.ts';
import type { StoredValue } from '../../../src/model/value.ts';
import { PreviewPathError } from '../../../src/previews/errors.ts';
import { type Preview, type PreviewRequest, previewOf } from '../../../src/previews/preview.ts';
import { previewContentSchema } from '../../../src/wire/previews.ts';
import type { Random } from '../../simulation/random.ts';
import { mutatedBytes, mutatedText, randomBytes, randomText } from '../generate/bytes.ts';
import { nestedCbor, randomCbor } from '../generate/cbor.ts';
import { hostileJson, randomJson } from '../generate/json.ts';
import { randomValue } from '../generate/values.ts';
import { rejectedWith, requireThat, type Target } from '../target.ts';

interface PreviewInput {
  readonly format: StoredValue['format'];
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Bytes of the object that are not in `bytes`: the content ends before its end. */
  readonly missing: number;
  readonly path: string;
  readonly from: number;
  readonly limit: number;
}

/** The documented bounds of a preview: 300,000 characters of texts, each escaped at the worst. */
const MAX_DOCUMENT_LENGTH = 4_200_000;

const requestOf = ({ name, path, from, limit }: PreviewInput): PreviewRequest => ({
  name,
  path,
  from,
  limit,
  bytes: 65_536,
});

/** The preview; undefined if the value has no such place. No other error is documented. */
async function preview(input: PreviewInput): Promise<Preview | undefined> {
  const { bytes, format, name, missing } = input;
  let read = 0;
  const objects = {
    async slice(_: string, from: number, to: number) {
      requireThat(from >= 0 && to >= from, `the part from ${from} to ${to} is none`);
      const part = bytes.subarray(from, to);
      read += part.length;
      return part;
    },
  };
  const value = { format, key: 'k', hash: 'h', name, size: bytes.length + missing };
  const found = await rejectedWith([PreviewPathError], () =>
    previewOf(objects, value, requestOf(input)),
  );
  requireThat(read <= 2 ** 23, `${read} bytes were read`);
  return found;
}

async function checkPreview(input: PreviewInput): Promise<void> {
  const found = await preview(input);
  if (found === undefined) {
    requireThat(input.path !== '', 'the whole value is missing');
    return;
  }
  const { success, error } = previewContentSchema.safeParse(found.content);
  requireThat(success, `the document is malformed: ${error?.message}`);
  const { length } = JSON.stringify(found.content);
  requireThat(length <= MAX_DOCUMENT_LENGTH, `the document has ${length} characters`);
  const { content } = found;
  if (content.kind !== 'json') return;
  for (const path of omittedPaths(content.value, input.path, content.from).slice(0, 3)) {
    const inner = await preview({ ...input, path, from: 0 });
    requireThat(inner !== undefined || input.missing > 0, `nothing is at ${path}`);
  }
}

/** Places that a view opens: of lists and objects whose content is not in the preview. */
function omittedPaths(value: PreviewValue, path: string, from = 0): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  if (value.is === 'omitted') return [path];
  const inner: readonly (readonly [string | number, PreviewValue])[] =
    value.is === 'array' || value.is === 'set'
      ? value.items.map((item, index) => [from + index, item])
      : value.is === 'object'
        ? value.entries
        : [];
  return inner.flatMap(([key, item]) =>
    omittedPaths(item, `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

const PATHS = ['', '', '', '/0', '/a', '/0/0', '/a/0', '//', '/__proto__', '/length', '/~1~0'];

const randomRequest = (random: Random) => ({
  missing: random.chance(0.3) ? random.pick([1, 1000, 2 ** 31]) : 0,
  path: random.pick(PATHS),
  from: random.chance(0.2) ? random.pick([1, 3, 999_999_999]) : 0,
  limit: random.pick([1, 100, 1000]),
});

const cborPreviews: Target<PreviewInput> = {
  name: 'cbor-previews',
  share: 2,
  generate: (random) => ({
    ...randomRequest(random),
    format: 'cbor',
    name: 'it',
    bytes: random.pick<() => Uint8Array>([
      () => randomBytes(random, random.int(0, 40)),
      () => nestedCbor(random),
      () => randomCbor(random, random.int(1, 6)),
      () => randomCbor(random, random.int(1, 6)),
      () => mutatedBytes(random, encodedValue(random)),
    ])(),
  }),
  check: checkPreview,
};

const jsonPreviews: Target<PreviewInput> = {
  name: 'json-previews',
  share: 2,
  generate: (random) => {
    const text = hostileJson(random, [{ a: [1, 'b', null, { c: true }] }, [[], {}], [{ a: 1 }]]);
    return { ...randomRequest(random), format: 'json', name: 'it', bytes: Buffer.from(text) };
  },
  check: checkPreview,
};

const filePreviews: Target<PreviewInput> = {
  name: 'file-previews',
  share: 2,
  generate: (random) => ({
    ...randomRequest(random),
    format: random.pick(['file', 'file', 'bytes', 'folder', 'custom']),
    name: random.pick(['a.csv', 'a.tsv', 'a.json', 'a.png', 'a.html', 'a', '.', 'a.CSV']),
    bytes: random.pick<() => Uint8Array>([
      () => Buffer.from(randomTable(random)),
      () => Buffer.from(mutatedText(random, randomTable(random))),
      () => Buffer.from(randomText(random, 200)),
      () => randomBytes(random, random.int(0, 600)),
      () => Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), randomBytes(random, 60)]),
    ])(),
  }),
  check: checkPreview,
};

/** A value that the codec wrote is shown as itself as far as JSON has its types. */
const wholePreviews: Target<unknown> = {
  name: 'whole-previews',
  share: 2,
  generate: (random) => ({
    value: random.chance(0.5) ? randomJson(random, 3) : randomValue(random, 3),
  }),
  async check(input) {
    const encoded = encode(input);
    const bytes = encoded.format === 'json' ? Buffer.from(encoded.text) : encoded.bytes;
    decode(encoded);
    const found = await preview({
      format: encoded.format,
      name: 'it',
      bytes,
      missing: 0,
      path: '',
      from: 0,
      limit: 1000,
    });
    requireThat(found !== undefined, 'a valid value has no preview');
    if (bytes.length > 65_536) return;
    requireThat(found.content.kind === 'json', `a valid value is shown as ${found.content.kind}`);
  },
};

const encodedValue = (random: Random): Uint8Array => {
  const encoded = encode([undefined, randomValue(random, 4)]);
  return encoded.format === 'cbor' ? encoded.bytes : Buffer.from('x');
};

const randomTable = (random: Random): string => {
  const separator = random.pick([',', ';', '\t', '|']);
  const row = () =>
    Array.from({ length: random.int(0, 5) }, () =>
      random.pick(['', '1', '"a"', '"a""b"', '"', 'x', 'NaN', '"\n"', '-1e9']),
    ).join(separator);
  return Array.from({ length: random.int(0, 8) }, row).join(random.pick(['\n', '\r\n', '\r']));
};

export const PREVIEW_TARGETS: readonly Target[] = [
  cborPreviews,
  jsonPreviews,
  filePreviews,
  wholePreviews,
];

/**
 * Values: CBOR, JSON, their inline form in base64, and their readable form.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { fromBase64, toBase64 } from '../../../src/codec/base64.ts';
import {
  CorruptValueError,
  decode,
  type Encoded,
  encode,
  fromInline,
  placeRefs,
  toInline,
  UnserializableValueError,
} from '../../../src/codec/index.ts';
import { toReadable } from '../../../src/view/readable-json.ts';
import type { Random } from '../../simulation/random.ts';
import { mutatedBytes, mutatedText, randomBytes, randomText } from '../generate/bytes.ts';
import { nestedCbor, randomCbor } from '../generate/cbor.ts';
import { hostileJson, randomJson } from '../generate/json.ts';
import { randomValue } from '../generate/values.ts';
import { refusedWith, requireEqual, requireThat, type Target } from '../target.ts';

/** A value with a form of its own for each type: a decoder that is damaged does not restore it. */
const SENTINEL = new Map<unknown, unknown>([
  ['a', { date: new Date(5), set: new Set([1n << 70n]), object: { a: [undefined] } }],
]);
const SENTINEL_BYTES = encode(SENTINEL);

/** What every reader of a value does with it. */
function useValue(encoded: Encoded): void {
  const decoded = refusedWith([CorruptValueError], () => ({ value: decode(encoded) }));
  requireEqual(decode(SENTINEL_BYTES), SENTINEL, 'the next value');
  if (decoded === undefined) return;
  requireThat(
    typeof JSON.stringify(toReadable(decoded.value)) === 'string',
    'the readable form is no JSON',
  );
  const again = refusedWith([UnserializableValueError], () => encode(decoded.value));
  if (again !== undefined) requireEqual(decode(again), decoded.value, 'the decoded value');
}

const cbor: Target<Uint8Array> = {
  name: 'cbor',
  share: 12,
  generate(random) {
    const kind = random.int(0, 9);
    if (kind === 0) return randomBytes(random, random.int(0, 40));
    if (kind === 1) return nestedCbor(random);
    if (kind <= 5) return randomCbor(random, random.int(1, 6));
    const encoded = encode([undefined, randomValue(random, 4)]);
    return mutatedBytes(random, encoded.format === 'cbor' ? encoded.bytes : Buffer.from('x'));
  },
  check: (bytes) => useValue({ format: 'cbor', bytes }),
};

const values: Target = {
  name: 'values',
  share: 6,
  generate: (random) => randomValue(random, random.int(0, 5)),
  check(value) {
    const encoded = encode(value);
    requireEqual(decode(encoded), value, 'the value');
    requireEqual(decode(fromInline(toInline(encoded))), value, 'the inline value');
    requireThat(
      typeof JSON.stringify(toReadable(decode(encoded))) === 'string',
      'the readable form is no JSON',
    );
  },
};

/** An integer whose bytes are the input. */
const bigIntegers: Target<Uint8Array> = {
  name: 'big-integers',
  share: 0.02,
  generate: (random) => randomBytes(random, random.pick([9, 100, 5000, 200_000])),
  check(bytes) {
    const head = Buffer.alloc(6);
    head[0] = 0xc2;
    head[1] = 0x5a;
    head.writeUInt32BE(bytes.length, 2);
    const value = decode({ format: 'cbor', bytes: Buffer.concat([head, bytes]) });
    const hex = Buffer.from(bytes).toString('hex');
    requireEqual(value, BigInt(`0x${hex === '' ? '0' : hex}`), 'the integer');
    toReadable(value);
    requireEqual(decode(encode(value)), value, 'the encoded integer');
  },
};

const jsonValues: Target<string> = {
  name: 'json-values',
  share: 4,
  generate: (random) => hostileJson(random, [{ a: [1, 'b', null, { c: true }] }, [[], {}]]),
  check: (text) => useValue({ format: 'json', text }),
};

const inlineValues: Target<string> = {
  name: 'inline-values',
  share: 3,
  generate(random) {
    const text = toBase64(randomBytes(random, random.int(0, 60)));
    return random.chance(0.5) ? mutatedText(random, text) : text;
  },
  check(text) {
    const bytes = refusedWith([RangeError], () => fromBase64(text));
    const withoutBuffer = withoutNodeBuffer(() =>
      refusedWith([RangeError], () => fromBase64(text)),
    );
    requireEqual(withoutBuffer, bytes, 'base64 that is read without Buffer');
    if (bytes !== undefined) {
      requireEqual(fromBase64(toBase64(bytes)), bytes, 'base64');
      requireEqual(
        withoutNodeBuffer(() => toBase64(bytes)),
        toBase64(bytes),
        'base64',
      );
    }
    const encoded = refusedWith([CorruptValueError], () => fromInline({ format: 'cbor', text }));
    if (encoded !== undefined) useValue(encoded);
  },
};

function withoutNodeBuffer<T>(work: () => T): T {
  const buffer = globalThis.Buffer;
  Reflect.deleteProperty(globalThis, 'Buffer');
  try {
    return work();
  } finally {
    globalThis.Buffer = buffer;
  }
}

type Path = readonly (string | number)[];

const PATH_PARTS = [0, 1, 2, -1, 4_294_967_295, 'a', 'length', '__proto__', 'constructor', '0', ''];

const references: Target<{ readonly args: string; readonly paths: readonly Path[] }> = {
  name: 'references',
  share: 3,
  generate: (random) => ({
    args: JSON.stringify(randomJson(random, 4)),
    paths: Array.from({ length: random.int(1, 3) }, () => randomPath(random)),
  }),
  check({ args: text, paths }) {
    const args = refusedWith([CorruptValueError], () => decode({ format: 'json', text }));
    if (!Array.isArray(args)) return;
    for (const path of paths) {
      const before = structuredClone(args);
      const marker = { path };
      const placed = refusedWith([CorruptValueError], () =>
        placeRefs(args, [{ path, value: marker }]),
      );
      if (placed === undefined)
        requireThat(isDeepStrictEqual(args, before), 'it changed the arguments');
      else requireThat(valueAt(args, path) === marker, 'the value is not in its place');
    }
  },
};

const randomPath = (random: Random): Path =>
  Array.from({ length: random.int(0, 4) }, () =>
    random.chance(0.1) ? randomText(random, 6) : random.pick(PATH_PARTS),
  );

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (holder, part) =>
      typeof holder === 'object' && holder !== null
        ? Object.getOwnPropertyDescriptor(holder, part)?.value
        : undefined,
    root,
  );

export const CODEC_TARGETS: readonly Target[] = [
  cbor,
  values,
  bigIntegers,
  jsonValues,
  inlineValues,
  references,
];

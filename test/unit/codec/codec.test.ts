import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CorruptValueError,
  decode,
  encode,
  encodeArguments,
  fromInline,
  toInline,
  UnserializableValueError,
} from '../../../src/codec/index.ts';
import { errorFromRecord } from '../../../src/model/error-record.ts';

const roundTrip = (value: unknown): unknown => decode(fromInline(toInline(encode(value))));

/** Any serializable value. */
const { value: serializable } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 60, maxLength: 200 }).map((text) => `\uFEFF${text}`),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(
      null,
      undefined,
      -0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 53,
      -(2 ** 32),
      2 ** 32,
      -(2 ** 31) - 1,
    ),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.uint8ClampedArray(),
    fc.uint16Array(),
    fc.uint32Array(),
    fc.int8Array(),
    fc.int16Array(),
    fc.int32Array(),
    fc.bigInt64Array(),
    fc.bigUint64Array(),
    fc.float32Array(),
    fc.float64Array(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    fc.array(tie('value')),
    fc.sparseArray(tie('value')),
    fc.dictionary(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toJSON', '0'),
      ),
      tie('value'),
      {
        noNullPrototype: true,
      },
    ),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((members) => new Set(members)),
  ),
}));

describe('values that are encoded and decoded', () => {
  it('any serializable value is restored', () => {
    fc.assert(
      fc.property(serializable, (value) => {
        const back = roundTrip(value);
        // The matcher takes a key `constructor` for the class.
        if (!isDeepStrictEqual(back, value)) expect(back).toStrictEqual(value);
        expect(isDeepStrictEqual(back, value)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('JSON is encoded as its own text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, stringUnit: 'binary' }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('"__proto__"'));
        const json: unknown = JSON.parse(text);
        expect(encode(json)).toEqual({ format: 'json', text: JSON.stringify(json) });
        expect(roundTrip(json)).toStrictEqual(json);
      }),
      { numRuns: 1000 },
    );
  });

  it('a `__proto__` key is encoded as CBOR, because many JSON readers take it for the prototype', () => {
    const json: unknown = JSON.parse('{"a":[{"__proto__":"","b":1}]}');
    expect(encode(json).format).toBe('cbor');
    expect(roundTrip(json)).toStrictEqual(json);
  });

  it('an invalid date is restored', () => {
    expect(roundTrip({ at: new Date(Number.NaN) })).toStrictEqual({ at: new Date(Number.NaN) });
  });

  it('holes of an array are restored, also far apart', () => {
    const sparse: unknown[] = [];
    sparse[2] = undefined;
    sparse[3_000_000_000] = { a: -0 };
    const back = roundTrip(sparse) as unknown[];
    expect(back.length).toBe(3_000_000_001);
    expect(Object.keys(back)).toEqual(['2', '3000000000']);
    expect(back[3_000_000_000]).toStrictEqual({ a: -0 });
  });

  it('a Buffer is restored as a Buffer, and a Uint8Array as a Uint8Array', () => {
    const [buffer, bytes] = roundTrip([Buffer.from('hello'), Uint8Array.of(1, 2), undefined]) as [
      unknown,
      unknown,
    ];
    expect(Buffer.isBuffer(buffer) && buffer.toString()).toBe('hello');
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect(bytes).toStrictEqual(Uint8Array.of(1, 2));
  });

  it('a view of a buffer is encoded without the rest, and decoded into its own memory', () => {
    const whole = new Float64Array(1000).fill(7);
    const encoded = encode(whole.subarray(10, 12));
    if (encoded.format !== 'cbor') throw new Error('expected cbor');
    expect(encoded.bytes.length).toBeLessThan(32);
    const back = decode(encoded) as Float64Array;
    expect([back.length, back.buffer.byteLength]).toEqual([2, 16]);
  });

  it('a large value and a small one after it are restored', () => {
    const large = {
      numbers: new Float64Array(1_000_000).fill(Math.PI),
      text: 'ü'.repeat(1_000_000),
      none: undefined,
    };
    expect(isDeepStrictEqual(roundTrip(large), large)).toBe(true);
    expect(
      roundTrip([
        undefined,
        'small, and longer than the sixty-four bytes under which strings take another way …',
      ]),
    ).toHaveLength(2);
  });

  it('an object without a prototype is encoded as readable JSON', () => {
    expect(encode(Object.assign(Object.create(null), { a: [1, 'x', null, true] }))).toEqual({
      format: 'json',
      text: '{"a":[1,"x",null,true]}',
    });
  });

  it('a value that occurs twice is not a cycle', () => {
    const shared = { n: 1 };
    expect(roundTrip({ a: shared, b: [shared, shared] })).toEqual({
      a: { n: 1 },
      b: [{ n: 1 }, { n: 1 }],
    });
  });
});

class Model {
  weights = [1];
}
class Registry extends Map {}
class Rows extends Array {}

describe('values that cannot be encoded', () => {
  const cyclic: { a: { b: unknown }[] } = { a: [{ b: 0 }] };
  cyclic.a[0] = { b: cyclic.a };
  const deep: unknown[] = [];
  let level = deep;
  for (let depth = 0; depth < 2000; depth++) {
    const next: unknown[] = [];
    level.push(next);
    level = next;
  }

  it.each<[string, unknown, string, RegExp]>([
    [
      'a function',
      { deep: [{ here: () => 1 }] },
      'deep[0].here',
      /deep\[0\]\.here cannot be passed.*function here/,
    ],
    ['a symbol', [Symbol('x')], '[0]', /a symbol/],
    [
      'a class instance',
      { m: { 'my model': new Model() } },
      'm["my model"]',
      /an instance of Model\. Return plain data/,
    ],
    ['a subclass of Map', { r: new Registry() }, 'r', /an instance of Registry/],
    ['a subclass of Array', new Rows(), '', /^the value cannot be passed.*an instance of Rows/],
    ['a promise', { p: Promise.resolve(1) }, 'p', /an instance of Promise\. Await it first/],
    ['a regular expression', [/x/], '[0]', /an instance of RegExp/],
    ['a cycle', cyclic, 'a[0].b', /a cycle, back to a\. /],
    [
      'a key that is a symbol',
      { ok: { [Symbol('secret')]: 1 } },
      'ok',
      /the symbol Symbol\(secret\) as a key/,
    ],
    ['a function in a Map', { m: new Map([['k', () => 1]]) }, 'm.k', /m\.k cannot be passed/],
    ['a class instance in a Set', [new Set([new Model()])], '[0][0]', /Model/],
    ['unlimited nesting', deep, `${'[0]'.repeat(8)}…[0][0][0]`, /nested more than 500 levels deep/],
    ['a toJSON method', { when: { toJSON: () => 'x' } }, 'when.toJSON', /the function toJSON/],
  ])('%s is refused with its path', (_, value, path, message) => {
    try {
      encode(value);
    } catch (error) {
      expect(error).toBeInstanceOf(UnserializableValueError);
      expect((error as UnserializableValueError).name).toBe('UnserializableValueError');
      expect((error as UnserializableValueError).path).toBe(path);
      expect((error as UnserializableValueError).message).toMatch(message);
      return;
    }
    expect.unreachable('it was encoded');
  });

  it('the search for the path of a cycle ends at the first cycle', () => {
    const twice: { a?: unknown; b?: unknown } = {};
    twice.a = twice;
    twice.b = twice;
    expect(() => encode(twice)).toThrow(
      /^a cannot be passed between steps: it is a cycle, back to the value itself/,
    );
  });
});

describe('errors', () => {
  it('errors inside a value arrive as errors of their class, with fields, cause and stack', () => {
    const reason = Object.assign(new RangeError('odd', { cause: new TypeError('why') }), {
      code: 'E_ODD',
    });
    const arrived = roundTrip([{ status: 'rejected', reason }]) as [{ reason: RangeError }];
    expect(arrived[0].reason).toBeInstanceOf(RangeError);
    expect(arrived[0].reason).toMatchObject({ message: 'odd', code: 'E_ODD' });
    expect(arrived[0].reason.stack).toBe(reason.stack);
    expect(arrived[0].reason.cause).toBeInstanceOf(TypeError);
  });

  it('an error with text that UTF-8 cannot hold arrives as it was', () => {
    const arrived = roundTrip(new Error('\uFEFF half \uD800')) as Error;
    expect(arrived.message).toBe('\uFEFF half \uD800');
  });

  it('arguments contain only stacks that are the same on every machine', () => {
    const native = new Error('here');
    const recorded = errorFromRecord({ name: 'Error', message: 'there', stack: 'there: 1' });
    const { data } = encodeArguments([native, recorded], () => undefined);
    const [first, second] = decode(data) as [Error, Error];
    expect(first.stack).toBe('Error: here');
    expect(second.stack).toBe('there: 1');
  });
});

describe('damaged data', () => {
  it.each([
    ['truncated JSON', () => decode({ format: 'json', text: '{"a":' })],
    ['truncated CBOR', () => decode({ format: 'cbor', bytes: Uint8Array.of(0x82, 0x01) })],
    ['text that is not base64', () => fromInline({ format: 'cbor', text: 'über' })],
  ])('%s is refused as damaged', (_, read) => {
    expect(read).toThrow(CorruptValueError);
  });
});

import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { rolldown } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode, encode, fromInline, toInline } from '../../../src/codec/index.ts';

/** Like the evaluator's context: only the language, and no code from strings. */
const context = vm.createContext(Object.create(null), {
  codeGeneration: { strings: false, wasm: false },
});
const inside = (code: string): unknown => vm.runInContext(code, context);

beforeAll(async () => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../../../src/codec/index.ts', import.meta.url)),
    platform: 'neutral',
  });
  const { output } = await bundle.generate({ format: 'iife', name: 'codec' });
  await bundle.close();
  inside(output[0].code);
});

describe('the codec in a context without Node.js', () => {
  const source = `({ list: [1, -0, NaN, undefined, , 10n ** 30n, -5n], map: new Map([[{ k: 1 }, new Set(['ü', '\\uFEFF' + 'x'.repeat(80)])]]),
    at: new Date(1e12), floats: Float32Array.of(1.5, -2), bytes: Uint8Array.of(0, 255), text: '\\uD800 alone, '.repeat(9) })`;

  it('the context has no objects of Node.js', () => {
    expect(
      inside(
        '[typeof Buffer, typeof TextEncoder, typeof TextDecoder, typeof atob, typeof process].join()',
      ),
    ).toBe('undefined,undefined,undefined,undefined,undefined');
  });

  it('the context encodes the same bytes as a step', () => {
    const text = inside(`codec.toInline(codec.encode(${source})).text`);
    const expected: unknown = vm.runInThisContext(source);
    expect(decode(fromInline({ format: 'cbor', text: String(text) }))).toStrictEqual(expected);
    expect(toInline(encode(expected)).text).toBe(text);
  });

  it('values that the context decodes belong to the context', () => {
    const { text } = toInline(
      encode([new Map([['a', Buffer.from('hi')]]), new Error('x').message, undefined]),
    );
    expect(
      inside(
        `(([map]) => map instanceof Map && map.get('a') instanceof Uint8Array && map.get('a')[1])(codec.decode(codec.fromInline({ format: 'cbor', text: '${text}' })))`,
      ),
    ).toBe(105);
    expect(
      inside(
        '(() => { try { codec.encode({ f() {} }) } catch (error) { return [error instanceof Error, error.name, error.path].join() } })()',
      ),
    ).toBe('true,UnserializableValueError,f');
  });

  it('plain values of another realm are encoded as plain values', () => {
    const foreign = inside('({ rows: [{ a: 1 }], none: null })');
    expect(encode(foreign)).toEqual({ format: 'json', text: '{"rows":[{"a":1}],"none":null}' });
    expect(decode(encode(inside(source)))).toStrictEqual(vm.runInThisContext(source));
    expect(() => encode(inside('new (class Foreign { x = 1 })'))).toThrow(/an instance of Foreign/);
  });
});

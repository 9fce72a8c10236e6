import { describe, expect, it } from 'vitest';
import type { Parameter, ParameterType, Signature } from '../../../src/model/code.ts';
import type { Json } from '../../../src/model/json.ts';
import { findMismatch, previewJson } from '../../../src/model/parameter-types.ts';
import { bindArguments, completeArguments, parseArguments } from '../../../src/submit/arguments.ts';
import { IllTypedArgumentError, UnknownArgumentError } from '../../../src/submit/errors.ts';

const parameter = (name: string, type: ParameterType): Parameter => ({
  name,
  type,
  optional: false,
});
const signature = (...parameters: Parameter[]): Signature => ({
  style: 'positional',
  parameters,
  rest: false,
});

const thrown = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('no error was thrown');
};

describe('arguments that plain objects cannot hold, or that are too large to show', () => {
  const main = signature(parameter('data', { kind: 'any' }));
  const reserved = JSON.parse('{"a":[{"__proto__":{"b":1}}]}');

  it.each<[where: string, read: () => unknown]>([
    ['a command line', () => parseArguments([`data=${JSON.stringify(reserved)}`], main, {})],
    ['a program', () => bindArguments([reserved], main)],
    ['a request', () => completeArguments({ data: reserved }, main)],
  ])('the key __proto__ in an argument of %s is refused and named', (_, read) => {
    const error = thrown(read);
    expect(error).toBeInstanceOf(IllTypedArgumentError);
    expect(error).toMatchObject({ argument: 'data', path: '.a[0].__proto__' });
  });

  it('the name __proto__ is an unknown argument', () => {
    expect(() => parseArguments(['__proto__=1'], main, {})).toThrow(UnknownArgumentError);
    expect(() => completeArguments(JSON.parse('{"data":1,"__proto__":{}}'), main)).toThrow(
      UnknownArgumentError,
    );
  });

  it('a parameter of the name __proto__ has an argument, and no prototype is changed', () => {
    const args = parseArguments(
      ['__proto__={"a":1}'],
      signature(parameter('__proto__', { kind: 'any' })),
      {},
    );
    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
    expect(Object.entries(args)).toEqual([['__proto__', { a: 1 }]]);
  });

  it('an argument that is nested too deeply is refused, with its path', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    for (const read of [
      () => bindArguments([deep], main),
      () => completeArguments({ data: deep }, main),
    ])
      expect(() => read()).toThrow(/nested more than 500 levels deep/);
  });

  it('a mismatch inside nested arrays reads each value once, and shows the start of the part only', () => {
    const levels = 499;
    let type: ParameterType = { kind: 'array', of: { kind: 'string' } };
    for (let level = 1; level < levels; level += 1) type = { kind: 'array', of: type };
    let reads = 0;
    const text = 'x'.repeat(1000);
    const leaf: unknown[] = Array.from({ length: 100 }, () => text);
    leaf.push({
      get toJSON() {
        reads += 1;
        return undefined;
      },
      a: 1,
    });
    let value: unknown = leaf;
    for (let level = 1; level < levels; level += 1) value = [value];
    const found = findMismatch(value as Json, type, true);
    expect(found).toEqual({
      path: `${'[0]'.repeat(levels - 1)}[100]`,
      expected: 'string',
      actual: expect.stringContaining('"a":1'),
    });
    expect(reads).toBeLessThanOrEqual(1);
  });

  it('a preview is read no further than it is shown', () => {
    const read: number[] = [];
    const items = new Proxy(
      Array.from({ length: 1_000_000 }, () => 7),
      {
        get(target, key) {
          if (typeof key === 'string' && /^\d+$/.test(key)) read.push(Number(key));
          return Reflect.get(target, key);
        },
      },
    );
    expect(previewJson(items)).toBe(`[${'7,'.repeat(39)}…`);
    expect(read.length).toBeLessThan(100);
    expect(previewJson('y'.repeat(10_000_000))).toHaveLength(80);
    expect(previewJson({ a: [1, 'b', null, true, {}], 'c d': [] })).toBe(
      '{"a":[1,"b",null,true,{}],"c d":[]}',
    );
    expect(previewJson(undefined)).toBe('nothing');
  });
});

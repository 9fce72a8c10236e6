import { readdirSync, readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonObjectSchema, jsonSchema, recordOf } from '../../../src/model/json.ts';
import { MAX_JSON_DEPTH } from '../../../src/model/limits.ts';

const issuesOf = (schema: z.ZodType, value: unknown) =>
  schema
    .safeParse(value)
    .error?.issues.map(({ path, message }) => `${path.map(String).join('/')}: ${message}`) ?? [];

const nested = (levels: number): unknown =>
  JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

describe('JSON data', () => {
  it('a value is returned unchanged, whatever its realm is', () => {
    const value = { a: [1, -0.5, 'x', true, null, { constructor: 1, toString: [] }] };
    expect(jsonSchema.parse(value)).toBe(value);
    const foreign: unknown = runInContext('({ a: [{}] })', createContext());
    expect(jsonSchema.parse(foreign)).toBe(foreign);
    expect(jsonSchema.parse(Object.create(null))).toEqual({});
  });

  it.each<[what: string, value: unknown, issue: string]>([
    ['undefined', undefined, ': it is not JSON data'],
    ['a property that is undefined', { a: undefined }, 'a: it is not JSON data'],
    ['NaN', [Number.NaN], '0: it is NaN, which JSON does not have'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'a: it is Infinity, which JSON does not have'],
    ['a function', { a: [() => 1] }, 'a/0: it is not JSON data'],
    ['a bigint', 1n, ': it is not JSON data'],
    ['an instance of a class', { a: new Map() }, 'a: it is not JSON data'],
    ['a date', [new Date(0)], '0: it is not JSON data'],
    ['a hole', new Array(1), '0: it is not JSON data'],
  ])('%s is refused', (_, value, issue) => {
    expect(issuesOf(jsonSchema, value)).toEqual([issue]);
  });

  it('the key __proto__ is refused at any depth, and named', () => {
    const reserved = 'the key "__proto__" is reserved: choose another name';
    const bad = JSON.parse('{"a":[{"b":{"__proto__":{"c":1}}}]}');
    expect(issuesOf(jsonSchema, bad)).toEqual([`a/0/b/__proto__: ${reserved}`]);
    expect(issuesOf(jsonObjectSchema, JSON.parse('{"__proto__":1}'))).toEqual([
      `__proto__: ${reserved}`,
    ]);
    expect(issuesOf(z.object({ args: jsonObjectSchema }), { args: bad })).toEqual([
      `args/a/0/b/__proto__: ${reserved}`,
    ]);
  });

  it('the depth is limited, and data of any depth is checked without recursion', () => {
    expect(issuesOf(jsonSchema, nested(MAX_JSON_DEPTH))).toEqual([]);
    for (const levels of [MAX_JSON_DEPTH + 1, 1_000_000])
      expect(issuesOf(jsonSchema, nested(levels))[0]).toMatch(/nested more than 500 levels deep$/);
  });

  it('an object is required where data has names', () => {
    for (const value of [[], null, 'x', undefined])
      expect(issuesOf(jsonObjectSchema, value)).toEqual([': it must be an object']);
  });
});

describe('records of users', () => {
  const schema = recordOf(z.string().regex(/^[a-z_]+$/), z.array(z.int()));

  it('a record keeps its keys, and refuses __proto__ instead of dropping it', () => {
    expect(schema.parse({ constructor: [1], a: [] })).toEqual({ constructor: [1], a: [] });
    expect(issuesOf(schema, JSON.parse('{"a":[],"__proto__":[1]}'))).toEqual([
      '__proto__: the key "__proto__" is reserved: choose another name',
    ]);
    expect(issuesOf(schema, 3)).toHaveLength(1);
    expect(issuesOf(schema, { A: [] })).toHaveLength(1);
  });

  it('all sources use these records: z.record drops the key __proto__', () => {
    const found = ['src', 'lib', 'lambda', 'runner'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`)
        .filter((name) => /\bz\s*\.record\(/.test(readFileSync(name, 'utf8'))),
    );
    // The settings of functions: the stack writes them from a configuration that uses these records.
    expect(found.sort()).toEqual(['src/aws/deployment/settings.ts', 'src/model/json.ts']);
  });
});

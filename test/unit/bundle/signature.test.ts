import { describe, expect, it } from 'vitest';
import type { Parameter, ParameterType, Signature } from '../../../src/model/code.ts';
import { pipelineCodeSchema } from '../../../src/model/code.ts';
import { project } from './project.ts';

async function signature(declaration: string, before = ''): Promise<Signature> {
  const { code } = await project({
    'main.ts': `import { pipeline } from 'headrace';\nimport type { Imported } from './types.ts';\n${before}\n${declaration}`,
    'types.ts': 'export type Imported = string;',
  }).bundle();
  expect(pipelineCodeSchema.parse(code)).toEqual(code);
  return code.signature;
}

const of = (parameters: string, before?: string): Promise<Signature> =>
  signature(
    `export const main = pipeline({ name: 'demo' }, async function main(${parameters}) {});`,
    before,
  );
const first = async (parameters: string, before?: string): Promise<Parameter | undefined> =>
  (await of(parameters, before)).parameters[0];

const string: ParameterType = { kind: 'string' };
const number: ParameterType = { kind: 'number' };
const any: ParameterType = { kind: 'any' };
const literal = (value: string | number | boolean): ParameterType => ({ kind: 'literal', value });
const property = (name: string, type: ParameterType, optional = false) => ({
  name,
  optional,
  type,
});

describe('the type of a parameter', () => {
  it.each<[string, ParameterType]>([
    ['string', string],
    ['number', number],
    ['boolean', { kind: 'boolean' }],
    ['null', { kind: 'null' }],
    [`'fast' | 'slow'`, { kind: 'union', of: [literal('fast'), literal('slow')] }],
    [
      '1 | -2 | true | null',
      { kind: 'union', of: [literal(1), literal(-2), literal(true), { kind: 'null' }] },
    ],
    ['`plain`', literal('plain')],
    ['string[]', { kind: 'array', of: string }],
    [
      'readonly (string | number)[]',
      { kind: 'array', of: { kind: 'union', of: [string, number] } },
    ],
    ['Array<number[]>', { kind: 'array', of: { kind: 'array', of: number } }],
    ['ReadonlyArray<string>', { kind: 'array', of: string }],
    [
      '{ a: string; b?: number; readonly "c d": { e: null } }',
      {
        kind: 'object',
        properties: [
          property('a', string),
          property('b', number, true),
          property('c d', { kind: 'object', properties: [property('e', { kind: 'null' })] }),
        ],
      },
    ],
    ['Mode', { kind: 'union', of: [literal('a'), literal('b')] }],
    ['Modes', { kind: 'array', of: { kind: 'union', of: [literal('a'), literal('b')] } }],
    [
      'Options',
      {
        kind: 'object',
        properties: [property('mode', { kind: 'union', of: [literal('a'), literal('b')] }, true)],
      },
    ],
    ['Imported', any],
    ['Imported | string', any],
    ['Record<string, number>', any],
    ['[string, number]', { kind: 'tuple', of: [string, number], required: 2 }],
    ['readonly [a: string, b?: number]', { kind: 'tuple', of: [string, number], required: 1 }],
    ['[string, ...number[]]', { kind: 'tuple', of: [string], required: 1, rest: number }],
    ['Tree', { kind: 'union', of: [literal('oak'), literal('fir')] }],
    ['Level', { kind: 'union', of: [literal(0), literal(5), literal(6)] }],
    ['(typeof KINDS)[number]', { kind: 'union', of: [literal('x'), literal('y')] }],
    ['keyof typeof TABLE', { kind: 'union', of: [literal('p'), literal('q')] }],
    ['Computed', any],
    ['Date', { kind: 'notJson', type: 'Date' }],
    ['Map<string, number>', { kind: 'notJson', type: 'Map' }],
    ['Float32Array[]', { kind: 'array', of: { kind: 'notJson', type: 'Float32Array' } }],
    ['URL', any],
    [
      'Extended',
      {
        kind: 'object',
        properties: [
          property('mode', { kind: 'union', of: [literal('a'), literal('b')] }, true),
          property('size', number),
        ],
      },
    ],
    ['{ [key: string]: number }', any],
    ['keyof Options', any],
    [
      'Recursive',
      {
        kind: 'array',
        of: {
          kind: 'array',
          of: {
            kind: 'array',
            of: {
              kind: 'array',
              of: {
                kind: 'array',
                of: { kind: 'array', of: { kind: 'array', of: { kind: 'array', of: any } } },
              },
            },
          },
        },
      },
    ],
    ['unknown', any],
    ['any', any],
    ['bigint', { kind: 'notJson', type: 'bigint' }],
  ])('the type %s of a parameter is recognized', async (type, expected) => {
    const types = `type Mode = 'a' | 'b'; type Modes = Mode[]; interface Options { mode?: Mode } type Recursive = Recursive[];
      interface Extended extends Options { size: number } enum Tree { Oak = 'oak', Fir = 'fir' } enum Level { Low, Mid = 5, High } enum Computed { A = 'a'.length }
      const KINDS = ['x', 'y'] as const; const TABLE = { p: 1, q: 2 }; class URL {}`;
    expect(await first(`x: ${type}`, types)).toEqual({
      name: 'x',
      type: expected,
      typeText: type,
      optional: false,
    });
  });

  it.each<[string, ParameterType, unknown]>([
    [`'a'`, string, 'a'],
    ['-4.5', number, -4.5],
    ['true', { kind: 'boolean' }, true],
    ['`a`', string, 'a'],
    ['[1, 2]', { kind: 'array', of: number }, [1, 2]],
    [`[1, 'a']`, { kind: 'array', of: any }, [1, 'a']],
    ['{ a: 1 }', { kind: 'object', properties: [property('a', number)] }, { a: 1 }],
    ['null', any, null],
  ])('a parameter without a type has the type of its default %s', async (text, type, value) => {
    expect(await first(`x = ${text}`)).toEqual({
      name: 'x',
      type,
      optional: true,
      defaultText: text,
      defaultValue: value,
    });
  });

  it.each([
    ['new Date(0)', 'Date'],
    ['new Float32Array(2)', 'Float32Array'],
    ['10n', 'bigint'],
  ])('a parameter with the default %s accepts no JSON', async (text, type) => {
    expect(await first(`x = ${text}`)).toMatchObject({
      type: { kind: 'notJson', type },
      optional: true,
    });
  });

  it('members of the type that a rest element takes are parameters', async () => {
    const { parameters, rest } = await of(
      '{ url, ...rest }: { url: string; extra?: number; mode: string }',
    );
    expect(rest).toBe(true);
    expect(parameters).toMatchObject([
      { name: 'url', type: string, optional: false },
      { name: 'extra', type: number, optional: true },
      { name: 'mode', type: string, optional: false },
    ]);
  });

  it.each(['Date.now()', 'undefined', '-0', '[...list]', '{ ...rest }', 'String(1)', '/x/'])(
    'a parameter with the default %s, which is no JSON, has the type any',
    async (text) => {
      expect(await first(`x = ${text}`, 'const list = [1], rest = {};')).toEqual({
        name: 'x',
        type: any,
        optional: true,
        defaultText: text,
      });
    },
  );

  it('a parameter may have both a type and a default', async () => {
    expect(await first(`mode: 'fast' | 'slow' = 'fast'`)).toMatchObject({
      typeText: `'fast' | 'slow'`,
      optional: true,
      defaultText: `'fast'`,
      defaultValue: 'fast',
    });
  });

  it('a parameter is optional if it accepts undefined or has a question mark', async () => {
    const { parameters } = await of('c: string, a: string | undefined, b?: number');
    expect(parameters.map(({ name, optional, type }) => [name, optional, type.kind])).toEqual([
      ['c', false, 'string'],
      ['a', true, 'string'],
      ['b', true, 'number'],
    ]);
  });
});

describe('parameters', () => {
  it('parameters are positional, and the last one may be a rest parameter', async () => {
    expect(await of('a: string, { b }: { b: number }, ...more: string[]')).toEqual({
      style: 'positional',
      parameters: [
        { name: 'a', type: string, typeText: 'string', optional: false },
        {
          name: 'arg1',
          type: { kind: 'object', properties: [property('b', number)] },
          typeText: '{ b: number }',
          optional: false,
        },
        { name: 'more', type: { kind: 'array', of: string }, typeText: 'string[]', optional: true },
      ],
      rest: true,
    });
  });

  it('the properties of one destructured object are parameters', async () => {
    const signature = await of(
      `{ url, mode: m = 'fast', size, ...others }: Options`,
      `interface Options { url: string; mode?: 'fast' | 'slow'; size?: number; }`,
    );
    expect(signature).toEqual({
      style: 'object',
      parameters: [
        { name: 'url', type: string, typeText: 'string', optional: false },
        {
          name: 'mode',
          type: { kind: 'union', of: [literal('fast'), literal('slow')] },
          typeText: `'fast' | 'slow'`,
          optional: true,
          defaultText: `'fast'`,
          defaultValue: 'fast',
        },
        { name: 'size', type: number, typeText: 'number', optional: true },
      ],
      rest: true,
    });
  });

  it('a destructured object may have one default for all its parameters', async () => {
    const { parameters } = await of(`{ url, size = 2 } = { url: 'x' }`);
    expect(parameters).toEqual([
      { name: 'url', type: string, optional: true, defaultText: '"x"', defaultValue: 'x' },
      { name: 'size', type: number, optional: true, defaultText: '2', defaultValue: 2 },
    ]);
  });

  it('a function may have no parameters, and a wrapped one unknown parameters', async () => {
    expect(await of('')).toEqual({ style: 'positional', parameters: [], rest: false });
    const wrapped = await signature(
      `export const main = pipeline({ name: 'demo' }, traced(async (a: string) => a));`,
      'function traced<T>(fn: T): T { return fn; }',
    );
    expect(wrapped).toEqual({ style: 'positional', parameters: [], rest: true });
  });

  it('parameters are found through names, imports and arrow functions without parentheses', async () => {
    const { code } = await project({
      'main.ts': `import { component, pipeline } from 'headrace'; import { load } from './load.ts';
        export const step = component({}, load);
        export const main = pipeline({ name: 'demo' }, url => step(url));`,
      'load.ts':
        'type Url = string;\n/** @param url where it is */\nexport async function load(url: Url, times = 3) {}',
    }).bundle();
    expect(code.signature.parameters).toEqual([{ name: 'url', type: any, optional: false }]);
    expect(code.components[0]?.signature.parameters).toEqual([
      { name: 'url', type: string, typeText: 'Url', optional: false, description: 'where it is' },
      { name: 'times', type: number, optional: true, defaultText: '3', defaultValue: 3 },
    ]);
  });
});

describe('the description of a parameter', () => {
  const descriptions = async (declaration: string): Promise<(string | undefined)[]> =>
    (await signature(declaration)).parameters.map((parameter) => parameter.description);

  it('a description is read from the doc comment above the declaration', async () => {
    const text = `/**\n * What it does.\n *\n * @param a the first,\n *   in two lines\n * @param {number} b - the second\n * @param [c=3] the third\n * @returns nothing\n */\nexport const main = pipeline({ name: 'demo' }, async (a: string, b, c = 3) => {});`;
    expect(await descriptions(text)).toEqual([
      'the first, in two lines',
      'the second',
      'the third',
    ]);
    expect((await signature(text)).parameters[1]?.type).toEqual(number);
  });

  it('a description is read from the doc comment of the function', async () => {
    expect(
      await descriptions(
        `export const main = pipeline({ name: 'demo' },\n /** @param a the first */\n async function main(a: string) {});`,
      ),
    ).toEqual(['the first']);
    expect(
      await descriptions(
        `/** @param a the first */\nasync function run(a: string) {}\nexport const main = pipeline({ name: 'demo' }, run);`,
      ),
    ).toEqual(['the first']);
  });

  it('a description is read from the comment beside the parameter', async () => {
    const text = `export const main = pipeline({ name: 'demo' }, async function main(\n  a: string, // the first\n  /** the second */\n  b: string,\n  // the third\n  c: string,\n  /* the fourth */ d: string, e = 5 /* the fifth */, f = 6 // the sixth\n) {});`;
    expect(await descriptions(text)).toEqual([
      'the first',
      'the second',
      'the third',
      'the fourth',
      'the fifth',
      'the sixth',
    ]);
  });

  it('a description is read from the comment beside the property, in the pattern or in the type', async () => {
    const text = `interface Options {\n  /** the first */\n  a: string;\n  b: string; // the second\n  c: string;\n}\n/** @param options.c the third */\nexport const main = pipeline({ name: 'demo' }, async ({ a, b, c, /** the fourth */ d = 4 }: Options) => {});`;
    expect(await descriptions(text)).toEqual([
      'the first',
      'the second',
      'the third',
      'the fourth',
    ]);
  });

  it('a comment of another function is not a description', async () => {
    const text = `/** @param a not this one */\nfunction other(a: string) {}\n\nexport const main = pipeline({ name: 'demo' }, async function main(a: string) { /* not this */ other(a); });`;
    expect(await descriptions(text)).toEqual([undefined]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Parameter, ParameterType, Signature } from '../../../src/model/code.ts';
import { bindArguments, checkArgsMap, parseArguments } from '../../../src/submit/arguments.ts';
import {
  ArgsMapError,
  IllTypedArgumentError,
  MalformedArgumentError,
  MissingArgumentError,
  RepeatedArgumentError,
  TooManyArgumentsError,
  UnknownArgumentError,
  UsageError,
  WrongSectionError,
} from '../../../src/submit/errors.ts';

const parameter = (
  name: string,
  type: ParameterType,
  more: Partial<Parameter> = {},
): Parameter => ({ name, type, optional: false, ...more });
const signature = (...parameters: Parameter[]): Signature => ({
  style: 'positional',
  parameters,
  rest: false,
});
const literals = (...values: (string | number)[]): ParameterType => ({
  kind: 'union',
  of: values.map((value) => ({ kind: 'literal', value })),
});

const thrown = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('no error was thrown');
};

describe('arguments from the command line', () => {
  const main = signature(
    parameter('url', { kind: 'string' }),
    parameter(
      'size',
      { kind: 'number' },
      { optional: true, defaultValue: 0.2, defaultText: '0.2' },
    ),
    parameter('mode', literals('fast', 'slow'), { optional: true }),
  );

  it.each<[string, ParameterType, string, unknown]>([
    ['a text is raw', { kind: 'string' }, '42', '42'],
    ['a text keeps its quotes', { kind: 'string' }, '"a"', '"a"'],
    ['a text may hold =', { kind: 'string' }, 'https://x.org/?a=b', 'https://x.org/?a=b'],
    ['a text may be empty', { kind: 'string' }, '', ''],
    ['a number', { kind: 'number' }, '-1.5e3', -1500],
    ['a boolean', { kind: 'boolean' }, 'true', true],
    ['null', { kind: 'null' }, 'null', null],
    ['a list', { kind: 'array', of: { kind: 'number' } }, '[1, 2]', [1, 2]],
    [
      'an object',
      {
        kind: 'object',
        properties: [{ name: 'depth', optional: false, type: { kind: 'number' } }],
      },
      '{"depth":3}',
      { depth: 3 },
    ],
    ['any JSON', { kind: 'any' }, '{"a":[null]}', { a: [null] }],
    ['a text among literals, raw', literals('a', 'b'), 'b', 'b'],
    ['a text among literals, as JSON', literals('a', 'b'), '"b"', 'b'],
    ['a numeric text among text literals', literals('1', '2'), '1', '1'],
    ['a number among literals', literals(1, 2), '2', 2],
    ['a text among mixed literals', literals(1, 'all'), 'all', 'all'],
    [
      'a text for a union with text is JSON',
      { kind: 'union', of: [{ kind: 'string' }, { kind: 'number' }] },
      '"7"',
      '7',
    ],
    [
      'a number for a union with text is a number',
      { kind: 'union', of: [{ kind: 'string' }, { kind: 'number' }] },
      '7',
      7,
    ],
  ])('an argument is parsed: %s', (_form, type, text, value) => {
    expect(parseArguments([`x=${text}`], signature(parameter('x', type)), {})).toEqual({
      x: value,
    });
  });

  it.each<[string, ParameterType, string, string]>([
    [
      'a text that is no JSON',
      { kind: 'number' },
      'many',
      'argument x: expected number, given "many", which is not JSON',
    ],
    ['a text for a number', { kind: 'number' }, '"1"', 'argument x: expected number, given "1"'],
    ['a number for a boolean', { kind: 'boolean' }, '1', 'argument x: expected boolean, given 1'],
    ['null for a number', { kind: 'number' }, 'null', 'argument x: expected number, given null'],
    [
      'a wrong item',
      { kind: 'array', of: { kind: 'number' } },
      '[1,"2"]',
      'argument x at x[1]: expected number, given "2"',
    ],
    [
      'a date',
      { kind: 'notJson', type: 'Date' },
      '"2024-01-01"',
      'argument x: expected Date (which JSON does not have: declare a text or a number, and make the Date in the function), given "2024-01-01"',
    ],
    [
      'a tuple that is too short',
      { kind: 'tuple', of: [{ kind: 'string' }, { kind: 'number' }], required: 2 },
      '["a"]',
      'argument x: expected [string, number], given ["a"]',
    ],
    [
      'a tuple that is too long',
      { kind: 'tuple', of: [{ kind: 'string' }], required: 1 },
      '["a",1]',
      'argument x at x[1]: expected no such item, only 1, given 1',
    ],
    [
      'a number that is too large',
      { kind: 'number' },
      '1e400',
      'argument x: expected number, given 1e400, which is larger than any number',
    ],
    [
      'a number with too many digits, in any value',
      { kind: 'any' },
      '[9007199254740993]',
      'argument x: expected any JSON value, given 9007199254740993, which a number cannot hold: it would become 9007199254740992. Pass it as a text',
    ],
    [
      'another literal',
      literals('fast', 'slow'),
      'medium',
      'argument x: expected "fast" | "slow", given "medium"',
    ],
    [
      'another literal, prefix of one',
      literals(1, 2),
      '12',
      'argument x: expected 1 | 2, given 12',
    ],
    [
      'a list for an object',
      { kind: 'object', properties: [] },
      '[]',
      'argument x: expected object, given []',
    ],
    [
      'a wrong property',
      {
        kind: 'object',
        properties: [{ name: 'depth', optional: false, type: { kind: 'number' } }],
      },
      '{"depth":"deep"}',
      'argument x at x.depth: expected number, given "deep"',
    ],
    [
      'a missing property',
      {
        kind: 'object',
        properties: [{ name: 'depth', optional: false, type: { kind: 'number' } }],
      },
      '{}',
      'argument x at x.depth: expected number, given nothing',
    ],
    [
      'a misspelt property',
      { kind: 'object', properties: [{ name: 'depth', optional: true, type: { kind: 'number' } }] },
      '{"dept":1}',
      'argument x at x.dept: expected no such property, only depth, given 1',
    ],
  ])(
    'refuses %s, naming the argument, what is expected and what is given',
    (_form, type, text, message) => {
      const error = thrown(() =>
        parseArguments([`x=${text}`], signature(parameter('x', type)), {}),
      );
      expect(error).toBeInstanceOf(IllTypedArgumentError);
      expect(String(error)).toContain(message);
    },
  );

  it('literal defaults are filled in, and other optional parameters are left out', () => {
    expect(parseArguments(['url=u'], main, {})).toEqual({ url: 'u', size: 0.2 });
  });

  it('arguments have the order of the parameters', () => {
    expect(Object.keys(parseArguments(['mode=fast', 'size=1', 'url=u'], main, {}))).toEqual([
      'url',
      'size',
      'mode',
    ]);
  });

  it('a parameter without a type has the type of its default', () => {
    const untyped = signature(
      parameter('mock', { kind: 'any' }, { optional: true, defaultValue: 'mock' }),
      parameter('extra', { kind: 'any' }, { optional: true, defaultValue: 43 }),
    );
    expect(parseArguments(['mock=12'], untyped, {})).toEqual({ mock: '12', extra: 43 });
    expect(() => parseArguments(['extra="a"'], untyped, {})).toThrow(
      'argument extra: expected number, given "a"',
    );
  });

  it('an argument may name its section of argsMap, or Args without one', () => {
    const map = { General: ['url'], 'Deep/Section': ['size'] };
    expect(
      parseArguments(['General/url=u', 'Deep/Section/size=1', 'Args/mode=slow'], main, map),
    ).toEqual({ url: 'u', size: 1, mode: 'slow' });
  });

  it('another section is refused, and the right one is named', () => {
    const error = thrown(() =>
      parseArguments(['Mock/url=u'], main, { General: ['url'], Mock: ['mode'] }),
    );
    expect(error).toBeInstanceOf(WrongSectionError);
    expect(String(error)).toContain(
      'argument url is not in section "Mock": write General/url=… or url=…',
    );
  });

  it.each<[string[], new (...args: never[]) => UsageError, string]>([
    [['url'], MalformedArgumentError, '--arg "url" is not of the form name=value'],
    [['=1'], MalformedArgumentError, '--arg "=1" is not of the form'],
    [
      ['url=u', 'depth=1'],
      UnknownArgumentError,
      'unknown argument "depth": the pipeline\'s parameters are url, size, mode',
    ],
    [['url=u', 'url=v'], RepeatedArgumentError, 'argument url is given more than once'],
    [['url=u', 'Args/url=v'], RepeatedArgumentError, 'argument url is given more than once'],
    [['size=1'], MissingArgumentError, 'argument url is missing: expected string'],
  ])('the arguments %j are refused', (texts, kind, message) => {
    const error = thrown(() => parseArguments(texts, main, {}));
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(message);
  });

  it('a text is raw and required also if the object has a rest element', () => {
    const object: Signature = {
      style: 'object',
      parameters: [parameter('url', { kind: 'string' })],
      rest: true,
    };
    expect(parseArguments(['url=http://x'], object, {})).toEqual({ url: 'http://x' });
    expect(thrown(() => parseArguments([], object, {}))).toBeInstanceOf(MissingArgumentError);
  });

  it('the values of a rest parameter are given as a list', () => {
    const rest: Signature = {
      style: 'positional',
      rest: true,
      parameters: [parameter('urls', { kind: 'array', of: { kind: 'string' } })],
    };
    expect(parseArguments(['urls=["a","b"]'], rest, {})).toEqual({ urls: ['a', 'b'] });
    expect(parseArguments([], rest, {})).toEqual({});
  });
});

describe('arguments from a program', () => {
  const main = signature(
    parameter('url', { kind: 'string' }),
    parameter('size', { kind: 'number' }, { optional: true, defaultValue: 0.2 }),
  );

  it('values are bound by position, and defaults are filled in', () => {
    expect(bindArguments(['u', 3], main)).toEqual({ url: 'u', size: 3 });
    expect(bindArguments(['u', undefined], main)).toEqual({ url: 'u', size: 0.2 });
  });

  it('the properties of one object are bound to the parameters', () => {
    const style = { ...main, style: 'object' as const };
    expect(bindArguments([{ url: 'u' }], style)).toEqual({ url: 'u', size: 0.2 });
    expect(() => bindArguments([{ url: 'u', dept: 1 }], style)).toThrow(UnknownArgumentError);
    expect(() => bindArguments([{ url: 'u' }, 1], style)).toThrow(TooManyArgumentsError);
    expect(() => bindArguments(['u'], style)).toThrow('one object with url, size');
  });

  it('further values are bound to a rest parameter', () => {
    const rest: Signature = {
      style: 'positional',
      rest: true,
      parameters: [
        ...main.parameters.slice(0, 1),
        parameter('more', { kind: 'array', of: { kind: 'number' } }),
      ],
    };
    expect(bindArguments(['u', 1, 2], rest)).toEqual({ url: 'u', more: [1, 2] });
    expect(bindArguments(['u'], rest)).toEqual({ url: 'u' });
  });

  it('a property that the type does not name is accepted, as in TypeScript', () => {
    const options = signature(
      parameter('options', {
        kind: 'object',
        properties: [{ name: 'depth', optional: true, type: { kind: 'number' } }],
      }),
    );
    expect(bindArguments([{ depth: 1, other: 2 }], options)).toEqual({
      options: { depth: 1, other: 2 },
    });
  });

  const cycle: unknown[] = [];
  cycle.push({ back: cycle });
  it.each<[unknown, string]>([
    [
      { list: [1, Number.NaN] },
      'argument x at x.list[1]: expected a JSON value (anything else is made by a component), given NaN',
    ],
    [
      { at: new Date(0) },
      'argument x at x.at: expected a JSON value (anything else is made by a component), given an instance of Date',
    ],
    [
      () => 1,
      'argument x: expected a JSON value (anything else is made by a component), given a function',
    ],
    [
      cycle,
      'argument x at x[0].back: expected a JSON value (anything else is made by a component), given a cycle',
    ],
    [{ a: undefined }, 'argument x at x.a'],
    [1n, 'given bigint 1'],
  ])('a value that is not JSON is refused: %s', (value, message) => {
    expect(() => bindArguments([value], signature(parameter('x', { kind: 'any' })))).toThrow(
      message,
    );
  });

  it('too many, too few and ill-typed values are refused', () => {
    expect(() => bindArguments(['u', 1, 2], main)).toThrow(
      '3 arguments are given, but the pipeline has 2: url, size',
    );
    expect(() => bindArguments([], main)).toThrow(MissingArgumentError);
    expect(() => bindArguments([7], main)).toThrow('argument url: expected string, given 7');
  });
});

describe('argsMap', () => {
  const main = signature(parameter('url', { kind: 'string' }));
  it('argsMap may name only parameters, and each once', () => {
    expect(() => checkArgsMap('iris', main, { General: ['url'] })).not.toThrow();
    expect(() => checkArgsMap('iris', main, { General: ['uri'] })).toThrow(ArgsMapError);
    expect(() => checkArgsMap('iris', main, { General: ['url'], Mock: ['url'] })).toThrow(
      'puts "url" into two sections',
    );
  });
});

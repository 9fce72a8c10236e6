import { expect, it } from 'vitest';
import {
  parameterRows,
  sectionsOf,
} from '../../../../../console/src/screens/run/parameters/parameter-rows.ts';
import type { Parameter } from '../../../../../src/model/code.ts';

const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  type: { kind: 'number' },
  optional: true,
  ...more,
});

const version = {
  signature: {
    style: 'positional' as const,
    parameters: [
      parameter('depth', { defaultText: '6', defaultValue: 6, description: 'of the trees' }),
      parameter('rate', { typeText: 'Rate' }),
    ],
    rest: false,
  },
};

const run = { args: { rate: 0.1, extra: [1] }, argsMap: { Model: ['rate'] }, encodedArgs: [] };

it('parameters without an argument have their default, and arguments without a parameter remain', () => {
  expect(
    parameterRows(run, version, undefined).map(({ name, value, isDefault, defaultText }) => [
      name,
      value,
      isDefault,
      defaultText,
    ]),
  ).toEqual([
    ['depth', undefined, true, '6'],
    ['rate', '0.1', false, undefined],
    ['extra', '[\n 1\n]', false, undefined],
  ]);
});

it('an argument that equals the default is the default', () => {
  const [depth] = parameterRows({ ...run, args: { depth: 6 } }, version, undefined);
  expect(depth?.isDefault).toBe(true);
});

it('rows are grouped by the sections of the pipeline', () => {
  expect(
    sectionsOf(parameterRows(run, version, undefined)).map(([section, rows]) => [
      section,
      rows.map(({ name }) => name),
    ]),
  ).toEqual([
    ['Args', ['depth', 'extra']],
    ['Model', ['rate']],
  ]);
});

it('arguments are compared with those of another run without regard to the order of properties', () => {
  const rows = parameterRows({ ...run, args: { a: { x: 1, y: 2 }, b: 1 } }, undefined, {
    args: { a: { y: 2, x: 1 }, b: 2, c: 3 },
  });
  expect(rows.map(({ name, differs, other }) => [name, differs, other])).toEqual([
    ['a', false, '{\n "y": 2,\n "x": 1\n}'],
    ['b', true, '2'],
  ]);
});

it('a value without a form in JSON is shown as the text that stands for it', () => {
  const rows = parameterRows(
    { args: { data: 'Map(3)', text: 'Map(3)' }, argsMap: {}, encodedArgs: ['data'] },
    undefined,
    undefined,
  );
  expect(rows.map(({ value }) => value)).toEqual(['Map(3)', '"Map(3)"']);
});

it('a type is written as in the form of a run', () => {
  const [, rate] = parameterRows(run, version, undefined);
  expect(rate?.type).toBe('number');
});

import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { COMPONENT_OPTIONS, PIPELINE_OPTIONS } from '../../src/model/option-table.ts';
import { componentDeclarationSchema, pipelineDeclarationSchema } from '../../src/model/options.ts';
import { read, tableRows } from './markdown.ts';

const page = read('docs/options.md');

/** The options in the tables of a section: the first cell of a row is the option, in code. */
const documented = (title: string): readonly string[] =>
  tableRows(page, title).map(([first = '']) => /^`(\w+)`$/.exec(first)?.[1] ?? first);

/** Keys of declarations that the SDK derives from other options, or that no user writes. */
const DERIVED = [
  'id',
  'callbacks',
  'skippedNumbers',
  'repoPatch',
  'hasSerializer',
  'hasDeserializer',
];

const declared = (schema: z.ZodObject): readonly string[] =>
  Object.keys(schema.shape).filter((key) => !DERIVED.includes(key));

describe.each([
  ['component', COMPONENT_OPTIONS, componentDeclarationSchema],
  ['pipeline', PIPELINE_OPTIONS, pipelineDeclarationSchema],
] as const)('docs/options.md and the options of %s', (kind, options, schema) => {
  const rows = documented(`Options of \`${kind}\``);

  it(`each option of ${kind} has exactly one row in docs/options.md, and nothing else has`, () => {
    expect([...rows].sort()).toEqual(Object.keys(options).sort());
  });

  it(`each field of the declaration of a ${kind} is a documented option`, () => {
    expect(declared(schema).filter((key) => !rows.includes(key))).toEqual([]);
  });
});

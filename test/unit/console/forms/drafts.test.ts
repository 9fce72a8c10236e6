import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftOf, editorOf, newDraft, readDraft } from '../../../../console/src/forms/drafts.ts';
import type { ParameterType } from '../../../../src/model/code.ts';
import type { Json } from '../../../../src/model/json.ts';
import { findMismatch } from '../../../../src/model/parameter-types.ts';

const { type: types } = fc.letrec<{ type: ParameterType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<ParameterType>(
      { kind: 'any' },
      { kind: 'string' },
      { kind: 'number' },
      { kind: 'boolean' },
      { kind: 'null' },
    ),
    fc
      .oneof(fc.string(), fc.integer(), fc.boolean())
      .map((value): ParameterType => ({ kind: 'literal', value })),
    fc
      .array(tie('type'), { minLength: 1, maxLength: 3 })
      .map((of): ParameterType => ({ kind: 'union', of })),
    tie('type').map((of): ParameterType => ({ kind: 'array', of })),
    fc
      .uniqueArray(
        fc.record({
          name: fc.stringMatching(/^[a-z]{1,4}$/),
          optional: fc.boolean(),
          type: tie('type'),
        }),
        { selector: ({ name }) => name, maxLength: 4 },
      )
      .map((properties): ParameterType => ({ kind: 'object', properties })),
  ),
}));

/** Values of the type, and some that are not. */
function valuesOf(type: ParameterType): fc.Arbitrary<Json> {
  switch (type.kind) {
    case 'string':
      return fc.string();
    case 'number':
      return fc.integer();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'literal':
      return fc.constant(type.value);
    case 'union':
      return fc.oneof(...type.of.map(valuesOf));
    case 'array':
      return fc.array(valuesOf(type.of), { maxLength: 3 });
    case 'object':
      return fc.record<Record<string, Json>, string>(
        Object.fromEntries(type.properties.map(({ name, type: of }) => [name, valuesOf(of)])),
        { requiredKeys: type.properties.filter((p) => !p.optional).map(({ name }) => name) },
      );
    default:
      return fc.constantFrom<Json>(null, 1, 'text', [1, { a: 2 }], { a: { b: true } });
  }
}

describe('drafts of a form', () => {
  it('a value that fits its type is the same value after it was shown in fields', () => {
    fc.assert(
      fc.property(
        types.chain((type) => fc.tuple(fc.constant(type), valuesOf(type))),
        ([type, value]) => {
          expect(readDraft(draftOf(value, type), type)).toEqual({ value });
        },
      ),
    );
  });

  it('a value that does not fit its type is shown, and reported as the API reports it', () => {
    fc.assert(
      fc.property(
        types,
        fc.constantFrom<Json>(null, 1, true, 'text', [1, 'a'], { a: 1, zzzzz: 2 }),
        (type, value) => {
          const mismatch = findMismatch(value, type, true);
          const read = readDraft(draftOf(value, type), type);
          if (mismatch === undefined) expect(read).toEqual({ value });
          else expect(read.problem?.path).toBe(mismatch.path);
        },
      ),
    );
  });

  it('an absent draft has no value and no problem', () => {
    expect(readDraft(draftOf(undefined, { kind: 'number' }), { kind: 'number' })).toEqual({
      value: undefined,
    });
  });

  it.each([
    ['', 'a number is missing'],
    ['1e', '"1e" is not a number, such as 12, 0.2 or 3e-4'],
    ['0x10', '"0x10" is not a number, such as 12, 0.2 or 3e-4'],
    ['1,5', '"1,5" is not a number, such as 12, 0.2 or 3e-4'],
    ['1e400', 'given 1e400, which is larger than any number'],
  ])('the text %j in a field of a number is reported', (text, detail) => {
    expect(readDraft({ kind: 'number', text }, { kind: 'number' })).toEqual({
      problem: { path: '', detail },
    });
  });

  it('a problem inside of a list of objects names its path', () => {
    const type: ParameterType = {
      kind: 'array',
      of: {
        kind: 'object',
        properties: [{ name: 'depth', optional: false, type: { kind: 'number' } }],
      },
    };
    const draft = draftOf([{ depth: 1 }, { depth: 2 }], type);
    if (draft.kind !== 'list') throw new Error('the editor of the type is no list');
    const edited = {
      ...draft,
      items: [
        ...draft.items.slice(0, 1),
        { kind: 'object' as const, properties: { depth: { kind: 'number' as const, text: 'x' } } },
      ],
    };
    expect(readDraft(edited, type).problem?.path).toBe('[1].depth');
  });

  it.each<[ParameterType, string]>([
    [{ kind: 'union', of: [{ kind: 'string' }, { kind: 'null' }] }, 'nullable'],
    [{ kind: 'union', of: [{ kind: 'string' }, { kind: 'number' }] }, 'json'],
    [
      {
        kind: 'union',
        of: [
          { kind: 'literal', value: 'tree' },
          { kind: 'literal', value: 'forest' },
        ],
      },
      'choice',
    ],
    [{ kind: 'array', of: { kind: 'any' } }, 'json'],
    [{ kind: 'notJson', type: 'Date' }, 'none'],
    [{ kind: 'object', properties: [] }, 'json'],
  ])('the editor of %j is %s', (type, kind) => {
    expect(editorOf(type).kind).toBe(kind);
  });

  it('a new draft of each type is read without an error of the program', () => {
    fc.assert(
      fc.property(types, (type) => {
        expect(() => readDraft(newDraft(type), type)).not.toThrow();
      }),
    );
  });

  it('a list of more than fifty items is edited as JSON', () => {
    const type: ParameterType = { kind: 'array', of: { kind: 'number' } };
    expect(
      draftOf(
        Array.from({ length: 50 }, (_, i) => i),
        type,
      ).kind,
    ).toBe('list');
    expect(
      draftOf(
        Array.from({ length: 51 }, (_, i) => i),
        type,
      ).kind,
    ).toBe('json');
  });
});

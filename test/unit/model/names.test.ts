import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { nameSchema, projectSchema, tagSchema } from '../../../src/model/ids.ts';
import { skippedNumbersOf, stepNameOf, stepNumberOf } from '../../../src/model/step-names.ts';

describe('names', () => {
  test.each([' train', 'train ', '\ttrain', 'train\u00a0', '\ufefftrain', ' ', ''])(
    'the name %j is refused as a component, a project and a tag',
    (name) => {
      for (const schema of [nameSchema, projectSchema, tagSchema])
        expect(schema.safeParse(name).success).toBe(false);
    },
  );

  it('the refusal of a blank at an end says so', () => {
    expect(nameSchema.safeParse('train ').error?.issues[0]?.message).toBe(
      'a name may not start or end with a blank',
    );
    expect(projectSchema.safeParse('team /a').error?.issues[0]?.message).toBe(
      'a project, and each part of it, may not start or end with a blank',
    );
  });

  it('a lone surrogate is refused, because no store keeps it', () => {
    expect(nameSchema.safeParse('a\ud800').success).toBe(false);
    expect(nameSchema.safeParse('a\u{1f600}').success).toBe(true);
  });

  test('property: an accepted name is the same after a store wrote and read it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (name) => {
        const parsed = nameSchema.safeParse(name);
        if (!parsed.success) return;
        expect(parsed.data).toBe(name);
        expect(Buffer.from(name).toString()).toBe(name);
      }),
    );
  });
});

describe('names of steps', () => {
  const namesOf = (component: string, all: readonly string[], calls: number): string[] =>
    Array.from({ length: calls }, (_, index) =>
      stepNameOf(component, stepNumberOf(index, skippedNumbersOf(component, all))),
    );

  it('a call skips the names of other components', () => {
    const all = ['a', 'a_1', 'a_2', 'a_4', 'a_04', 'a_x'];
    expect(namesOf('a', all, 4)).toEqual(['a', 'a_3', 'a_5', 'a_6']);
    expect(namesOf('a_1', all, 2)).toEqual(['a_1', 'a_1_1']);
  });

  test('property: no two calls of a run have one name', () => {
    const name = fc.stringMatching(/^[ab](_[0-3]{1,2}){0,3}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        (all, calls) => {
          const names = all.flatMap((component) => namesOf(component, all, calls));
          expect(new Set(names).size).toBe(names.length);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rerunCommand, startCommand } from '../../../../console/src/forms/command.ts';
import {
  argumentOption,
  argumentTexts,
  asFields,
  asJson,
  type FormSource,
  formState,
  initialDrafts,
  isSame,
  replacedArguments,
} from '../../../../console/src/forms/run-form.ts';
import type { Signature } from '../../../../src/model/code.ts';
import type { Json } from '../../../../src/model/json.ts';
import { completeArguments, parseArguments } from '../../../../src/submit/arguments.ts';

const signature: Signature = {
  style: 'positional',
  rest: false,
  parameters: [
    {
      name: 'kind',
      optional: false,
      type: {
        kind: 'union',
        of: [
          { kind: 'literal', value: 'tree' },
          { kind: 'literal', value: 'forest' },
        ],
      },
    },
    {
      name: 'testSize',
      optional: true,
      type: { kind: 'any' },
      defaultText: '0.2',
      defaultValue: 0.2,
      description: 'the part that is set aside',
    },
    { name: 'sizes', optional: true, type: { kind: 'array', of: { kind: 'number' } } },
    { name: 'title', optional: true, type: { kind: 'string' }, typeText: 'string' },
  ],
};
const source: FormSource = { signature, argsMap: { General: ['testSize'] } };

describe('the form of a run', () => {
  it('fields are in the sections of the pipeline, those of Args first', () => {
    expect(
      formState(source, {}).fields.map(({ field }) => `${field.section}/${field.parameter.name}`),
    ).toEqual(['Args/kind', 'Args/sizes', 'Args/title', 'General/testSize']);
  });

  it('a required field without a value is a problem, and nothing is sent for it', () => {
    const state = formState(source, {});
    expect(state.problems).toBe(1);
    expect(state.fields[0]?.problem?.detail).toContain('"tree" | "forest"');
    expect(state.args).toEqual({});
  });

  it('texts of an address become values of fields as the command line reads them', () => {
    const drafts = initialDrafts(source, { kind: 'tree', sizes: '[4,8]', title: '12' });
    expect(formState(source, drafts).args).toEqual({ kind: 'tree', sizes: [4, 8], title: '12' });
  });

  it('a text of an address that is no value is kept to be mended', () => {
    const drafts = initialDrafts(source, { kind: 'tree', testSize: 'much' });
    const state = formState(source, drafts);
    expect(state.problems).toBe(1);
    expect(drafts.testSize).toEqual({ kind: 'json', text: 'much' });
  });

  it('a name like those of every object is no argument of an address', () => {
    const odd: FormSource = {
      argsMap: {},
      signature: {
        ...signature,
        parameters: [{ name: 'constructor', optional: true, type: { kind: 'string' } }],
      },
    };
    expect(formState(odd, initialDrafts(odd, {})).args).toEqual({});
  });

  it('a field that is set to its default is no change', () => {
    const state = formState(source, initialDrafts(source, { kind: 'tree', testSize: '0.2' }));
    expect(state.changesFromDefault).toBe(1);
    expect(state.args).toEqual({ kind: 'tree' });
  });

  it('with an earlier run the form has its values and counts what differs from it', () => {
    const earlier = { kind: 'forest', testSize: 0.3 };
    const drafts = initialDrafts({ ...source, earlier }, {});
    expect(formState({ ...source, earlier }, drafts)).toMatchObject({
      args: earlier,
      changesFromEarlier: 0,
      changesFromDefault: 2,
    });
    const { testSize: _, ...withoutSize } = drafts;
    expect(formState({ ...source, earlier }, withoutSize)).toMatchObject({
      args: { kind: 'forest' },
      changesFromEarlier: 1,
    });
  });

  it('null in an earlier run is a value, and not replaced by the default', () => {
    const nullable: Signature = {
      ...signature,
      parameters: [
        {
          name: 'limit',
          optional: true,
          type: { kind: 'union', of: [{ kind: 'number' }, { kind: 'null' }] },
          defaultText: '5',
          defaultValue: 5,
        },
      ],
    };
    const form: FormSource = { signature: nullable, argsMap: {}, earlier: { limit: null } };
    const drafts = initialDrafts(form, {});
    expect(formState(form, drafts)).toMatchObject({ args: { limit: null }, changesFromEarlier: 0 });
    expect(argumentTexts(form, drafts)).toEqual({});
    expect(formState(form, initialDrafts(form, { limit: '5' })).changesFromEarlier).toBe(1);
  });

  it('what a form without problems sends is accepted by the API and by the command line', () => {
    const values = fc.record(
      {
        kind: fc.constantFrom('tree', 'forest'),
        testSize: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
        sizes: fc.array(fc.integer(), { maxLength: 4 }),
        title: fc.string(),
      },
      { requiredKeys: ['kind'] },
    );
    fc.assert(
      fc.property(values, (given) => {
        const earlier: Record<string, Json> = JSON.parse(JSON.stringify(given));
        const form: FormSource = { ...source, earlier };
        const drafts = initialDrafts(form, {});
        const state = formState(form, drafts);
        fc.pre(state.problems === 0);
        const completed = completeArguments(state.args, signature);
        expect(completed).toEqual(completeArguments(earlier, signature));
        expect(argumentTexts(form, drafts)).toEqual({});
        const texts = argumentTexts(source, drafts);
        const options = Object.entries(texts).map(([name, text]) =>
          argumentOption(source.argsMap.General?.includes(name) ? 'General' : 'Args', name, text),
        );
        expect(parseArguments(options, signature, source.argsMap)).toEqual(completed);
        expect(formState(source, initialDrafts(source, texts)).args).toEqual(state.args);
      }),
    );
  });

  it('a rerun sends only what differs from the earlier run', () => {
    const earlier = { kind: 'forest', testSize: 0.3, title: 'first' };
    const form: FormSource = { ...source, earlier };
    const drafts = initialDrafts(form, {});
    expect(replacedArguments(formState(form, drafts))).toEqual({});
    const { testSize: _, title: __, ...others } = drafts;
    // The default replaces the earlier value; without a known default that value stays.
    expect(replacedArguments(formState(form, others))).toEqual({ testSize: 0.2 });
    expect(
      replacedArguments(formState(form, { ...drafts, kind: { kind: 'literal', value: 'tree' } })),
    ).toEqual({ kind: 'tree' });
  });

  it('a value that is edited as JSON is shown in fields again once it fits', () => {
    const type = { kind: 'array', of: { kind: 'number' } } as const;
    const json = asJson({ kind: 'list', items: [{ kind: 'number', text: '4' }] }, type);
    expect(json).toEqual({ kind: 'json', text: '[\n  4\n]' });
    expect(asFields(json, type)).toEqual({
      kind: 'list',
      items: [{ kind: 'number', text: '4' }],
    });
    expect(asFields({ kind: 'json', text: '["a"]' }, type)).toBeUndefined();
  });

  it('values are compared as JSON', () => {
    expect(isSame({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
    expect(isSame({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(isSame([1, 2], { 0: 1, 1: 2 })).toBe(false);
    expect(isSame(null, undefined)).toBe(false);
  });

  it('the commands quote what a shell would change', () => {
    expect(
      startCommand({
        project: 'demo',
        pipeline: 'iris',
        version: '1.0.2',
        args: ['title=a b', "General/name=it's"],
        tags: ['prod'],
        noCache: true,
      }),
    ).toBe(
      `headrace start demo/iris@1.0.2 --arg 'title=a b' --arg 'General/name=it'\\''s' --tag prod --no-cache`,
    );
    expect(rerunCommand({ run: 'iris#7', from: 'train', args: [], tags: [], noCache: false })).toBe(
      `headrace runs rerun 'iris#7' --from train`,
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeGroupSpec,
  GroupSpecError,
  packSpec,
  type ReadRange,
  readGroupSpec,
  unpackSpec,
} from '../../../src/model/group-spec.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { stepSpec } from '../../support/step-spec.ts';

const PREPARATION = {
  dockerBashSetupScript: 'apt-get install -y jq',
  repo: 'https://host.example/a.git',
};

/** Reads of an object in memory, and the ranges that were requested. */
function reading(content: Uint8Array): {
  readonly read: ReadRange;
  readonly ranges: [start: number, length: number][];
} {
  const ranges: [number, number][] = [];
  return {
    ranges,
    async read(start, length) {
      ranges.push([start, length]);
      return content.slice(start, start + length);
    },
  };
}

const members = (count: number, fields: (index: number) => Partial<StepSpec>): StepSpec[] =>
  Array.from({ length: count }, (_, index) =>
    stepSpec({ call: index, step: `score_${index}`, ...fields(index) }),
  );

test('each member of a group reads its own spec, with any text in it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          text: fc.string({ unit: 'grapheme' }),
          root: fc.option(fc.string(), { nil: undefined }),
        }),
        { minLength: 1 },
      ),
      async (records) => {
        const specs = members(records.length, (index) => ({
          args: { format: 'json', text: JSON.stringify([records[index]?.text]) },
          ...(records[index]?.root === undefined ? {} : { projectRoot: records[index].root }),
        }));
        const { read } = reading(encodeGroupSpec(specs, PREPARATION));
        for (const [index, spec] of specs.entries()) {
          expect(await readGroupSpec(read, index, 'secret')).toEqual({
            spec: { ...spec, token: 'secret' },
            preparation: PREPARATION,
          });
        }
      },
    ),
  );
});

test('the spec of a group contains no token', () => {
  const text = Buffer.from(encodeGroupSpec([stepSpec({ token: 'known-to-one' })], {})).toString();
  expect(text).not.toContain('known-to-one');
});

test('the spec of a member of a small group costs one read', async () => {
  const { read, ranges } = reading(
    encodeGroupSpec(
      members(50, () => ({})),
      {},
    ),
  );
  await readGroupSpec(read, 49, 't');
  expect(ranges).toHaveLength(1);
});

test('a member of a group of 10,000 reads hardly more bytes than one of 100', async () => {
  const long = { format: 'json' as const, text: JSON.stringify(['x'.repeat(4000)]) };
  const bytesOf = async (count: number) => {
    const { read, ranges } = reading(
      encodeGroupSpec(
        members(count, () => ({ args: long, refs: [] })).map((spec, index) => ({
          ...spec,
          refs: [{ path: [index], value: long }],
        })),
        {},
      ),
    );
    const { spec } = await readGroupSpec(read, count - 1, 't');
    expect(spec.call).toBe(count - 1);
    expect(ranges.length).toBeLessThanOrEqual(3);
    return ranges.reduce((sum, [, length]) => sum + length, 0);
  };
  // The object grows by 40 MB. The bytes that are read grow by one line of the table, which the
  // first read no longer contains.
  expect((await bytesOf(10_000)) - (await bytesOf(100))).toBeLessThan(10_000);
});

test('fields that all members of a group share are stored once', () => {
  const shared = {
    resolvedImports: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `package-${index}`,
        '/home/user/project/node_modules/package/index.js',
      ]),
    ),
  };
  const size = (count: number) =>
    encodeGroupSpec(
      members(count, () => shared),
      {},
    ).length;
  expect((size(101) - size(1)) / 100).toBeLessThan(120);
});

test.each([
  ['an index without a member', encodeGroupSpec([stepSpec()], {}), 7],
  ['an object with other content', Buffer.from('{"hello":"world"}'), 0],
  ['a truncated object', encodeGroupSpec([stepSpec()], {}).slice(0, -5), 0],
])('%s is rejected as the spec of a group', async (_, content, index) => {
  await expect(readGroupSpec(reading(content).read, index, 't')).rejects.toThrow(GroupSpecError);
});

const LARGE_SPEC = stepSpec({ args: { format: 'json', text: '1'.repeat(65 * 2 ** 20) } });

test.each([
  ['damaged', 'AAAA'],
  ['empty', ''],
  ['far larger than an environment', packSpec(encodeGroupSpec([LARGE_SPEC], {}))],
])('a packed spec that is %s is refused', async (_, text) => {
  await expect(async () => readGroupSpec(unpackSpec(text), 0, 'secret')).rejects.toThrow(
    GroupSpecError,
  );
});

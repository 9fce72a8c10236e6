import { expect, it } from 'vitest';
import { decode, fromInline, placeRefs } from '../../../src/codec/index.ts';
import { valuesOfRefs } from '../../../src/model/placed-values.ts';
import { isStored, type Value } from '../../../src/model/value.ts';

const json = (value: unknown): Value => ({ format: 'json', text: JSON.stringify(value) });

const read = (value: Value | null): unknown => {
  if (value === null || isStored(value)) throw new TypeError('the value is not inline');
  return decode(fromInline(value));
};

it('a reference to all return values of a call is placed as a list of them', () => {
  const placed = valuesOfRefs(
    [
      { path: [0], call: 7, value: null },
      { path: [1, 'deep'], call: 7, value: 1 },
    ],
    new Map([[7, [json('a'), json('b')]]]),
  );
  const args = placeRefs(
    [null, { deep: null }],
    placed.map(({ path, value }) => ({ path, value: read(value) })),
  );
  expect(args).toEqual([['a', 'b'], { deep: 'b' }]);
});

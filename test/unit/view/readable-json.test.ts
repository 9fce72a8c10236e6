import { expect, test } from 'vitest';
import { toReadable } from '../../../src/view/readable-json.ts';

test('an array with holes shows its elements, however long it is', () => {
  const sparse: unknown[] = [];
  sparse[1] = 1n;
  sparse.length = 2 ** 32 - 1;
  expect(toReadable(sparse)).toEqual({
    $type: 'Array',
    length: 2 ** 32 - 1,
    entries: [[1, { $type: 'bigint', value: '1' }]],
  });
});

test('a value that is nested too deeply for any reader ends in a text', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
  expect(JSON.stringify(toReadable(deep))).toContain('"$type":"Array","text"');
});

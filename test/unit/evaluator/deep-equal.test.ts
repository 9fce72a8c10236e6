/** The comparisons of the logic's `node:util` and `node:assert` give the answers of Node.js. */
// biome-ignore lint/style/useNodeAssertStrict: the legacy functions are compared, too
import * as assert from 'node:assert';
import { isDeepStrictEqual as ofNode } from 'node:util';
import { expect, test } from 'vitest';
import {
  isDeepLooseEqual,
  isDeepStrictEqual,
  isLooseEqual,
} from '../../../src/sdk/replay/deep-equal.ts';

class Point {
  constructor(readonly x: number) {}
}

const cycle = (): object => {
  const value: Record<string, unknown> = { n: 1 };
  value.self = value;
  return value;
};

const tag = Symbol('tag');

/** Each is compared with each, itself included; those that are made anew are functions. */
const VALUES: readonly (() => unknown)[] = [
  ...[0, -0, 1, Number.NaN, '', '0', '1', 'a', true, false, null, undefined, 1n, tag].map(
    (value) => () => value,
  ),
  ...[[], [0], [-0], [1], ['1'], [undefined], [null], [Number.NaN]].map((value) => () => [
    ...value,
  ]),
  () => new Array(1),
  () => Object.assign([1], { more: 1 }),
  () => ({}),
  () => Object.create(null),
  () => ({ a: 1 }),
  () => ({ a: '1' }),
  () => ({ a: 1, b: undefined }),
  () => ({ b: undefined, a: 1 }),
  () => ({ a: 1, c: undefined }),
  () => ({ a: 1, [tag]: 1 }),
  () => ({ x: 1 }),
  () => new Point(1),
  () => new Point(2),
  cycle,
  () => ({ n: 1, self: cycle() }),
  () => new Date(0),
  () => new Date(1),
  () => Object.assign(new Date(0), { more: 1 }),
  () => /a/g,
  () => /a/i,
  () => new Error('e'),
  () => new Error('e', { cause: 1 }),
  () => new TypeError('e'),
  () => Object.assign(new Error('e'), { code: 1 }),
  () => new AggregateError([1], 'e'),
  () => new AggregateError([2], 'e'),
  () => new Set([1, 2]),
  () => new Set([2, 1]),
  () => new Set(['1', '2']),
  () => new Set([{ a: 1 }, { a: 2 }]),
  () => new Set([{ a: 2 }, { a: 1 }]),
  () => new Set([{ a: 1 }, { a: 1 }]),
  () => new Map([[1, { a: 1 }]]),
  () => new Map([[1, { a: 2 }]]),
  () => new Map([[{ k: 1 }, 1]]),
  () => new Map([[{ k: 2 }, 1]]),
  () =>
    new Map<unknown, unknown>([
      [{ k: 1 }, 1],
      [{ k: 1 }, 2],
    ]),
  () =>
    new Map<unknown, unknown>([
      [{ k: 1 }, 2],
      [{ k: 1 }, 1],
    ]),
  () => new Uint8Array([1, 2]),
  () => new Uint8Array([1, 3]),
  () => new Int8Array([1, 2]),
  () => new Float64Array([0]),
  () => new Float64Array([-0]),
  () => new Float32Array([Number.NaN]),
  () => new Uint8Array([1, 2]).buffer,
  () => new DataView(new Uint8Array([1, 2]).buffer),
  () => new Object(1),
  () => new Object(2),
  () => new Object('a'),
  () => new Object('b'),
  () => new Object(true),
  () => Object.assign(new Object(1), { more: 1 }),
  () => [[[{ deep: [new Map([[1, new Set([[0]])]])] }]]],
  () => [[[{ deep: [new Map([[1, new Set([[-0]])]])] }]]],
];

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const FUNCTIONS: readonly [string, typeof ofNode, typeof ofNode][] = [
  ['isDeepStrictEqual', isDeepStrictEqual, ofNode],
  ['deepEqual', isDeepLooseEqual, (a, b) => holds(() => assert.deepEqual(a, b))],
  [
    'equal',
    (a, b) => holds(() => assert.ok(isLooseEqual(a, b))),
    (a, b) => holds(() => assert.equal(a, b)),
  ],
];

test.each(FUNCTIONS)(
  '%s of the logic answers as Node.js for all pairs of values',
  (_, ours, node) => {
    const wrong: string[] = [];
    for (const [i, one] of VALUES.entries()) {
      for (const [j, other] of VALUES.entries()) {
        const [a, b] = [one(), other()];
        if (ours(a, b) !== node(a, b))
          wrong.push(`${i} ${String(one)} and ${j} ${String(other)}: ${node(a, b)}`);
      }
    }
    expect(wrong).toEqual([]);
  },
);

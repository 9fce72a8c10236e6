/**
 * Values that can be passed between steps, of all types.
 *
 * @module
 */
import type { Random } from '../../simulation/random.ts';
import { randomBytes, randomText } from './bytes.ts';

const KEYS = ['a', 'b', '__proto__', 'constructor', '', '0', 'é', '\ud800'];
const VIEWS = [Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float32Array, Float64Array];

const scalar = (random: Random): unknown =>
  random.pick<() => unknown>([
    () => null,
    () => undefined,
    () => random.chance(0.5),
    () => random.int(-5, 5),
    () => random.pick([-0, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 2 ** 53, 0.1]),
    () => BigInt(random.int(-9, 9)) << BigInt(random.pick([0, 10, 63, 64, 200, 3000])),
    () => randomText(random, 80),
    () => new Date(random.pick([0, 1.7e12, -1e14, Number.NaN])),
    () => Buffer.from(randomBytes(random, random.int(0, 40))),
    () => randomBytes(random, random.int(0, 40)),
    () => randomBytes(random, random.int(0, 9)).buffer,
    () => new (random.pick(VIEWS))(random.int(0, 5)).fill(random.int(0, 99)),
    () => BigInt64Array.from([BigInt(random.int(-9, 9))]),
  ])();

export function randomValue(random: Random, depth: number): unknown {
  if (depth === 0 || random.chance(0.4)) return scalar(random);
  const inner = () => randomValue(random, depth - 1);
  const items = Array.from({ length: random.int(0, 4) }, inner);
  switch (random.int(0, 4)) {
    case 0:
      return items;
    case 1:
      return Object.fromEntries(items.map((item) => [random.pick(KEYS), item]));
    case 2:
      return new Map(items.map((item) => [random.chance(0.5) ? inner() : random.pick(KEYS), item]));
    case 3:
      return new Set(items);
    default: {
      const sparse: unknown[] = [];
      for (const item of items) sparse[random.int(0, 12)] = item;
      sparse.length += random.int(0, 2);
      return sparse;
    }
  }
}

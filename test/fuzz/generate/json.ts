/**
 * Texts of JSON: of random data, and of valid documents with mistakes in their structure.
 *
 * @module
 */
import type { Json } from '../../../src/model/json.ts';
import type { Random } from '../../simulation/random.ts';
import { mutatedText, randomText } from './bytes.ts';

const KEYS = ['a', 'b', 'kind', 'name', '__proto__', 'constructor', 'toString', 'length', '', '0'];

/** Values at the limits of types, and of other types than a field has. */
const hostileValue = (random: Random): Json =>
  random.pick<() => Json>([
    () => null,
    () => true,
    () => random.int(-3, 3),
    () => random.pick([-0, 0.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 8.64e15, 8.64e15 + 1, -1e300]),
    () => '',
    () => randomText(random, 40),
    () => random.pick(['x', '日', '\ud800']).repeat(random.pick([130, 300, 5000, 70_000])),
    () => ({ toString: 1, valueOf: 1 }),
    () => ({ length: { toString: 1, valueOf: 1 } }),
    () => [],
    () => Object.fromEntries([]),
    () => randomJson(random, 3),
    () => new Array(random.pick([1, 101, 2000])).fill(random.int(0, 1)),
    () => DEEP,
  ])();

/** Stands for a part that is nested deeply; `textOf` inserts it, because it is made by no object. */
const DEEP = '\u0001deep\u0001';

const deepText = (random: Random): string => {
  const depth = random.pick([33, 100, 600, 5000, 50_000]);
  return random.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
};

export function randomJson(random: Random, depth: number): Json {
  const kind = random.int(0, depth > 0 ? 7 : 4);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind <= 2) return random.pick([random.int(-1000, 1000), random.next(), 1e21, 2 ** 53, -1]);
  if (kind <= 4) return randomText(random, 12);
  const count = random.int(0, 4);
  if (kind === 5) return Array.from({ length: count }, () => randomJson(random, depth - 1));
  return Object.fromEntries(
    Array.from({ length: count }, () => [random.pick(KEYS), randomJson(random, depth - 1)]),
  );
}

/** The value with a mistake at a random place. */
function mutatedJson(random: Random, value: Json): Json {
  const isContainer = typeof value === 'object' && value !== null;
  if (!isContainer || random.chance(0.15)) return hostileValue(random);
  if (Array.isArray(value)) return mutatedArray(random, value);
  const entries: (readonly [string, Json])[] = Object.entries(value);
  if (entries.length === 0 || random.chance(0.15))
    return Object.fromEntries([...entries, [random.pick(KEYS), hostileValue(random)]]);
  const [key, inner] = random.pick(entries);
  const others = entries.filter(([other]) => other !== key);
  // Entries, because an assignment to the key `__proto__` has another meaning.
  return random.chance(0.15)
    ? Object.fromEntries(others)
    : Object.fromEntries([...others, [key, mutatedJson(random, inner)]]);
}

function mutatedArray(random: Random, array: readonly Json[]): Json {
  if (array.length === 0) return [hostileValue(random)];
  const index = random.int(0, array.length - 1);
  if (random.chance(0.15)) return array.filter((_, at) => at !== index);
  if (random.chance(0.1)) return [...array, ...array];
  return array.map((inner, at) => (at === index ? mutatedJson(random, inner) : inner));
}

const textOf = (random: Random, value: Json): string =>
  JSON.stringify(value).replaceAll(JSON.stringify(DEEP), () => deepText(random));

/**
 * A text that a decoder of `samples` may receive: a valid document, one with mistakes in its
 * structure or in its text, or something else.
 */
export function hostileJson(random: Random, samples: readonly Json[]): string {
  let value = random.pick(samples);
  const kind = random.int(0, 19);
  if (kind === 0) return JSON.stringify(value);
  if (kind === 1) return textOf(random, randomJson(random, 4));
  if (kind === 2) return random.chance(0.2) ? deepText(random) : randomText(random, 60);
  if (kind <= 5) return mutatedText(random, JSON.stringify(value));
  for (let count = random.int(1, 3); count > 0; count -= 1) value = mutatedJson(random, value);
  return textOf(random, value);
}

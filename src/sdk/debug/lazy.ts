/**
 * The Lazies of a run in this process.
 *
 * 1. The value of a Lazy never changes. Awaiting it attaches a handler, which makes a failure
 *    handled.
 * 2. A Lazy that is used as a value throws an error that advises to await it.
 *
 * @module
 */
import { LazyUsedAsValueError } from '../errors.ts';
import { refusingPrototype } from '../lazy-properties.ts';
import { substitute } from '../substitute.ts';

/** The step whose result a Lazy is. */
export interface LazySource {
  readonly name: string;
  readonly returnValues: readonly string[];
  /** Fulfils with all values, or rejects with the error of the step. Marks the step as awaited. */
  awaitValues(): Promise<readonly unknown[]>;
}

const SOURCE = Symbol('source');

/** A result of a step, or one of its values. */
export interface LazyInfo {
  readonly source: LazySource;
  /** The index among the return values; `undefined` for all of them. */
  readonly index: number | undefined;
}

const PROTOTYPE = refusingPrototype((lazy) => lazyInfoOf(lazy)?.source.name);

/** Adds the members of a Lazy to `target`. */
function makeLazy(target: object, info: LazyInfo): object {
  const { source, index } = info;
  const refuse = (): never => {
    throw new LazyUsedAsValueError(source.name);
  };
  const then = (
    onValue?: (value: unknown) => unknown,
    onError?: (error: unknown) => unknown,
  ): Promise<unknown> =>
    source
      .awaitValues()
      .then((values) => (index === undefined ? values : values[index]))
      .then(onValue, onError);
  for (const [key, value] of [
    [SOURCE, info],
    ['then', then],
    [Symbol.toPrimitive, refuse],
    ['toJSON', refuse],
  ] as const)
    Object.defineProperty(target, key, { value });
  if (!Array.isArray(target)) Object.defineProperty(target, Symbol.iterator, { value: refuse });
  return target;
}

/** A Lazy for a single return value. For several, an array of Lazies that is a Lazy, too. */
export function createLazy(source: LazySource, returnValues: readonly string[]): object {
  if (returnValues.length === 1) return makeLazy(Object.create(PROTOTYPE), { source, index: 0 });
  return makeLazy(
    returnValues.map((_, index) => makeLazy(Object.create(PROTOTYPE), { source, index })),
    { source, index: undefined },
  );
}

/** The step and the value that a Lazy stands for; undefined for any other object. */
export function lazyInfoOf(value: object): LazyInfo | undefined {
  return Reflect.get(value, SOURCE) as LazyInfo | undefined;
}

const isLazy = (value: object): boolean => lazyInfoOf(value) !== undefined;

/**
 * A copy of the value in which each Lazy in arrays, plain objects, Maps and Sets is replaced by its
 * result. Awaits all of them at once, and rejects with the first failure.
 */
export async function awaitNestedLazies(value: unknown): Promise<unknown> {
  const lazies = new Map<object, unknown>();
  substitute(value, isLazy, (part) => {
    if (isLazy(part)) lazies.set(part, undefined);
    return undefined;
  });
  if (lazies.size === 0) return value;
  await Promise.all([...lazies.keys()].map(async (lazy) => lazies.set(lazy, await lazy)));
  return substitute(value, isLazy, (part) =>
    lazies.has(part) ? { value: lazies.get(part) } : undefined,
  );
}

/**
 * The Lazies of a run in this process.
 *
 * 1. The value of a Lazy never changes. Awaiting it attaches a handler, which makes a failure
 *    handled.
 * 2. A Lazy that is used as a value throws an error that advises to await it.
 *
 * @module
 */
import { isPlainArray, isPlainObject } from '../../codec/value-kinds.ts';
import { LazyUsedAsValueError } from '../errors.ts';
import { refusingPrototype } from '../lazy-properties.ts';

/** The step whose result a Lazy is. */
export interface LazySource {
  readonly name: string;
  /** Fulfils with all values, or rejects with the error of the step. Marks the step as awaited. */
  awaitValues(): Promise<readonly unknown[]>;
}

const SOURCE = Symbol('source');

interface LazyInfo {
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

function lazyInfoOf(value: object): LazyInfo | undefined {
  return Reflect.get(value, SOURCE) as LazyInfo | undefined;
}

/** The sources of all Lazies in `value` and in arrays and plain objects inside it, each once. */
export function sourcesIn(value: unknown): ReadonlySet<LazySource> {
  const sources = new Set<LazySource>();
  const seen = new Set<object>();
  const walk = (inner: unknown): void => {
    if (typeof inner !== 'object' || inner === null || seen.has(inner)) return;
    seen.add(inner);
    const info = lazyInfoOf(inner);
    if (info !== undefined) sources.add(info.source);
    else if (isPlainArray(inner)) inner.forEach(walk);
    else if (isPlainObject(inner)) Object.values(inner).forEach(walk);
  };
  walk(value);
  return sources;
}

/**
 * A copy of `value` with `read(source)` in place of Lazies. An object without Lazies is not copied.
 */
export function replaceLazies(
  value: unknown,
  read: (source: LazySource) => readonly unknown[],
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const info = lazyInfoOf(value);
  if (info !== undefined)
    return info.index === undefined ? read(info.source) : read(info.source)[info.index];
  if (sourcesIn(value).size === 0) return value;
  if (isPlainArray(value)) return value.map((element) => replaceLazies(element, read));
  return Object.fromEntries(
    Object.entries(value).map(([key, property]) => [key, replaceLazies(property, read)]),
  );
}

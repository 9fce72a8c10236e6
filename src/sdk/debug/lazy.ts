/**
 * Lazies of a run in this process.
 *
 * 1. A Lazy has one value for ever; looking at it attaches a handler, which is what makes a failure handled.
 * 2. Used as a value, it says to await it.
 *
 * @module
 */
import { isPlainArray, isPlainObject } from '../../codec/value-kinds.ts';
import { LazyUsedAsValueError } from '../errors.ts';

/** The step that a Lazy is the result of. */
export interface LazySource {
  readonly name: string;
  /** Fulfils with all values, or rejects with the error that awaiting the step throws; tells the step that somebody looks. */
  awaitValues(): Promise<readonly unknown[]>;
}

const SOURCE = Symbol('source');

interface LazyInfo {
  readonly source: LazySource;
  /** The index of the value, or `undefined` for the whole. */
  readonly index: number | undefined;
}

/** Gives `target` what makes a Lazy. */
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

/** One Lazy for one return value; for several an array of Lazies that is itself one. */
export function createLazy(source: LazySource, returnValues: readonly string[]): object {
  if (returnValues.length === 1) return makeLazy({}, { source, index: 0 });
  return makeLazy(
    returnValues.map((_, index) => makeLazy({}, { source, index })),
    { source, index: undefined },
  );
}

function lazyInfoOf(value: object): LazyInfo | undefined {
  return Reflect.get(value, SOURCE) as LazyInfo | undefined;
}

/** The sources of all Lazies in arrays and plain objects inside `value`, each once. */
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

/** `value` with `read(source)` in the place of Lazies. What holds none is the same object as before. */
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

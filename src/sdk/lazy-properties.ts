/**
 * The prototype behind every Lazy: a property that only the value has is refused, because it would
 * be `undefined` silently.
 *
 * @module
 */
import { LazyUsedAsValueError } from './errors.ts';

/** Methods of every object that read its value. */
const READ_THE_VALUE: ReadonlySet<PropertyKey> = new Set(['toString', 'toLocaleString', 'valueOf']);

/**
 * An object to inherit from. Properties that a Lazy itself has are found before it is used.
 *
 * @param stepOf the step whose result a Lazy is; undefined for any other object
 */
export const refusingPrototype = (stepOf: (lazy: object) => string | undefined): object =>
  new Proxy(
    {},
    {
      get(target, name, lazy: object) {
        const isOfObjects = name in target && !READ_THE_VALUE.has(name);
        const step = typeof name === 'symbol' || isOfObjects ? undefined : stepOf(lazy);
        if (step === undefined) return Reflect.get(target, name, lazy);
        throw new LazyUsedAsValueError(step, String(name));
      },
    },
  );

/**
 * The Lazy that a component's call returns, and the objects that stand for results in arguments.
 *
 * @module
 */
import type { LazyTarget } from '../../codec/index.ts';
import { LazyUsedAsValueError } from '../errors.ts';
import { refusingPrototype } from '../lazy-properties.ts';
import type { Call } from './call.ts';

type Handler = ((value: unknown) => unknown) | null | undefined;

/**
 * Counts the earlier calls with the same digest. Digest and count identify a call without its
 * position.
 */
export interface Occurrences {
  of(call: Call): number;
}

let occurrences: Occurrences = { of: () => 0 };

export function setOccurrences(source: Occurrences): void {
  occurrences = source;
}

/** The result of a call, or one of its values, before it is known. */
export class Lazy {
  readonly #call: Call;
  readonly #value: number | null;
  #promise: Promise<unknown> | undefined;
  #target: LazyTarget | undefined;

  constructor(call: Call, value: number | null) {
    this.#call = call;
    this.#value = value;
  }

  then(onValue?: Handler, onError?: Handler): Promise<unknown> {
    this.#promise ??= this.#call.promise(this.#value);
    return this.#promise.then(onValue, onError);
  }

  [Symbol.toPrimitive](): never {
    throw new LazyUsedAsValueError(this.#call.step);
  }

  toJSON(): never {
    throw new LazyUsedAsValueError(this.#call.step);
  }

  /** Only the tuple of several `returnValues` can be destructured. */
  [Symbol.iterator](): never {
    throw new LazyUsedAsValueError(this.#call.step);
  }

  static targetOf(value: object): LazyTarget | undefined {
    return #call in value ? value.#resolveTarget() : undefined;
  }

  static stepOf(value: object): string | undefined {
    return #call in value ? value.#call.step : undefined;
  }

  #resolveTarget(): LazyTarget {
    this.#target ??= targetOfCall(this.#call, this.#value);
    return this.#target;
  }
}

// The prototype of the class, so that a Lazy is created at no cost.
Object.setPrototypeOf(Lazy.prototype, refusingPrototype(Lazy.stepOf));

export function targetOfCall(call: Call, value: number | null): LazyTarget {
  return { call: call.number, value, key: `${call.digest}#${occurrences.of(call)}` };
}

/**
 * Objects that stand for a result and are not a `Lazy`: tuples, files and references in callbacks.
 */
const standIns = new WeakMap<object, () => LazyTarget>();
let hasStandIns = false;

/** From now on, `object` stands for a result when it is an argument. */
export function registerStandIn(object: object, getTarget: () => LazyTarget): void {
  hasStandIns = true;
  standIns.set(object, getTarget);
}

/** The result that `value` stands for; undefined if it is an ordinary object. */
export function lazyTargetOf(value: object): LazyTarget | undefined {
  return Lazy.targetOf(value) ?? (hasStandIns ? standIns.get(value)?.() : undefined);
}

/**
 * The result of a call of a component with several return values: an array of Lazies that can be
 * awaited as a whole.
 */
export function lazyTuple(call: Call, length: number): readonly Lazy[] {
  const tuple = Array.from({ length }, (_, index) => new Lazy(call, index));
  const whole = new Lazy(call, null);
  const refuse = (): never => {
    throw new LazyUsedAsValueError(call.step);
  };
  Object.defineProperties(tuple, {
    then: { value: (onValue?: Handler, onError?: Handler) => whole.then(onValue, onError) },
    toJSON: { value: refuse },
    [Symbol.toPrimitive]: { value: refuse },
  });
  registerStandIn(tuple, () => Lazy.targetOf(whole) ?? targetOfCall(call, null));
  return tuple;
}

/** Whether the value is a Lazy or a tuple of Lazies. */
export function isAwaitable(value: object): value is PromiseLike<unknown> {
  return value instanceof Lazy || (hasStandIns && Array.isArray(value) && standIns.has(value));
}

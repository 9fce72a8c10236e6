/**
 * What a component's call returns, and what stands for it in the arguments of others.
 *
 * @module
 */
import type { LazyTarget } from '../../codec/index.ts';
import { LazyUsedAsValueError } from '../errors.ts';
import type { Call } from './call.ts';

type Handler = ((value: unknown) => unknown) | null | undefined;

/** Tells how often a digest was called before: with it, a call is named without its position. */
export interface Occurrences {
  of(call: Call): number;
}

let occurrences: Occurrences = { of: () => 0 };

export function setOccurrences(source: Occurrences): void {
  occurrences = source;
}

/** The result of a call, or one of its values, before it is there. */
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

  /** Of several `returnValues` there is a tuple to destructure; of one there is nothing. */
  [Symbol.iterator](): never {
    throw new LazyUsedAsValueError(this.#call.step);
  }

  static targetOf(value: object): LazyTarget | undefined {
    return #call in value ? value.#resolveTarget() : undefined;
  }

  #resolveTarget(): LazyTarget {
    this.#target ??= targetOfCall(this.#call, this.#value);
    return this.#target;
  }
}

export function targetOfCall(call: Call, value: number | null): LazyTarget {
  return { call: call.number, value, key: `${call.digest}#${occurrences.of(call)}` };
}

/** Tuples, files and references of callbacks: objects that stand for a result without being a `Lazy`. */
const standIns = new WeakMap<object, () => LazyTarget>();
let hasStandIns = false;

/** Makes `object` stand for a result wherever it is an argument. */
export function registerStandIn(object: object, getTarget: () => LazyTarget): void {
  hasStandIns = true;
  standIns.set(object, getTarget);
}

/** The result that `value` stands for, if it stands for one. */
export function lazyTargetOf(value: object): LazyTarget | undefined {
  return Lazy.targetOf(value) ?? (hasStandIns ? standIns.get(value)?.() : undefined);
}

/** What a call of a component with several return values is: a real array of Lazies that can be awaited as a whole. */
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

/** True for what can be awaited for a step's result: a Lazy or a tuple of them. */
export function isAwaitable(value: object): value is PromiseLike<unknown> {
  return value instanceof Lazy || (hasStandIns && Array.isArray(value) && standIns.has(value));
}

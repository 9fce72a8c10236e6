/**
 * The types of components, pipelines and Lazies. They compile without the DOM library, without zod
 * and without `skipLibCheck`.
 *
 * Simpler forms than those below fail under the strictest settings: they lose defaults of
 * parameters, the types of destructured values, or the check of unknown options. `test/types`
 * specifies what must compile and what must not.
 *
 * @module
 */
import type { ComponentOptions, PipelineOptions } from './option-types.ts';

declare const lazy: unique symbol;

type Then<T> = <A = T, B = never>(
  onValue?: ((value: T) => A | PromiseLike<A>) | null | undefined,
  onError?: ((error: unknown) => B | PromiseLike<B>) | null | undefined,
) => Promise<A | B>;

/**
 * The result of a component's call in a pipeline, before the step has completed. `await` loads the
 * value into the pipeline's logic. Passed to another component, alone or nested in arrays and
 * objects, it is an edge of the graph: the data is not loaded.
 */
export interface Lazy<out T> {
  readonly [lazy]: T;
  readonly then: Then<T>;
}

/**
 * The results of a component with several `returnValues`. It can be destructured into Lazies,
 * awaited as a whole, or passed to another component.
 */
export type LazyTuple<T extends readonly unknown[]> = {
  readonly [K in keyof T as K extends `${number}` ? K : never]: Lazy<T[K]>;
} & {
  readonly [K in keyof (readonly Lazy<T[number]>[]) as K extends number | 'length'
    ? never
    : K]: (readonly Lazy<T[number]>[])[K];
} & { readonly length: T['length']; readonly [lazy]: T; readonly then: Then<T> };

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Values that cannot contain a Lazy. */
type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | AnyFunction
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>;

/**
 * The arguments for a parameter of type `T`: a `T`, a Lazy of a `T`, or a `T` with Lazies inside.
 */
// biome-ignore lint/suspicious/noExplicitAny: an argument for a parameter of type any is any
export type Arg<T> = IsAny<T> extends true ? any : Lazy<T> | Deep<T>;

/**
 * The argument for an array parameter with elements of type `T`. An interface, because a type alias
 * would make recursive types infinite; exported, because declarations of components name it.
 */
export interface ArgList<T> extends ReadonlyArray<Arg<T>> {}

type Deep<T> = T extends Leaf
  ? T
  : T extends readonly unknown[]
    ? number extends T['length']
      ? ArgList<T[number]>
      : Args<T>
    : T extends object
      ? { [K in keyof T]: Arg<T[K]> }
      : T;

/** The arguments for the parameters `A`. */
export type Args<A extends readonly unknown[]> = { [K in keyof A]: Arg<A[K]> };

/** Any function. */
export type AnyFunction = (...args: never) => unknown;

type Several = readonly [string, string, ...string[]];
type Tuple<N extends readonly string[]> = { readonly [K in keyof N]: unknown };

/**
 * A component's function. It returns one value for each name in `returnValues`; with one name, any
 * value.
 */
export type ComponentFunction<N extends readonly string[]> = (
  ...args: never
) => N extends Several ? Tuple<N> | Promise<Tuple<N>> : unknown;

/** A component, as a pipeline calls it. */
export type ComponentCall<N extends readonly string[], F> = F extends (...args: infer A) => infer R
  ? (
      ...args: Args<A>
    ) => N extends Several
      ? Awaited<R> extends readonly unknown[]
        ? LazyTuple<Awaited<R>>
        : never
      : Lazy<Awaited<R>>
  : never;

/** A pipeline's result after every Lazy in it is awaited. */
export type PipelineResult<T> =
  IsAny<T> extends true
    ? T
    : T extends { readonly [lazy]: infer V }
      ? V
      : T extends Leaf
        ? T
        : T extends readonly unknown[] | object
          ? { [K in keyof T]: PipelineResult<T[K]> }
          : T;

/**
 * What a call of a pipeline returns: the promise of its result in a program, and a Lazy in the logic
 * of a pipeline, where the call starts a child run.
 */
export type PipelineRun<T> = Promise<T> & Lazy<T>;

/**
 * A pipeline, as a program or another pipeline calls it. The call starts a run, and resolves to the
 * result of the function.
 */
export type PipelineCall<F> = F extends (...args: infer A) => infer R
  ? (...args: Args<A>) => PipelineRun<PipelineResult<Awaited<R>>>
  : never;

/** Makes a component from a function. Each of its calls in a pipeline is a step of the run. */
export type DeclareComponent = <const N extends readonly string[], F extends AnyFunction>(
  options: ComponentOptions<N>,
  fn: F & (F extends ComponentFunction<N> ? unknown : ComponentFunction<N>),
) => ComponentCall<N, F>;

/** Makes a pipeline from a function. A call starts a run. */
export type DeclarePipeline = <F extends AnyFunction>(
  options: PipelineOptions,
  fn: F,
) => PipelineCall<F>;

/**
 * Types of what a user calls: components, pipelines, Lazies. They compile without the DOM library, without zod and without `skipLibCheck`.
 *
 * The forms below are the ones that held under the strictest settings; plainer ones lose defaults of parameters, the types of destructured values,
 * or the check of unknown options. `test/types` says what must hold.
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
 * The result of a component's call inside a pipeline, before it is there. `await` brings the value into the pipeline's logic; passed to another
 * component, alone or nested in arrays and objects, it is an edge of the graph and its data stays where it is.
 */
export interface Lazy<out T> {
  readonly [lazy]: T;
  readonly then: Then<T>;
}

/** The results of a component with several `returnValues`: destructure it into Lazies, await it as a whole, or pass it on. */
export type LazyTuple<T extends readonly unknown[]> = {
  readonly [K in keyof T as K extends `${number}` ? K : never]: Lazy<T[K]>;
} & {
  readonly [K in keyof (readonly Lazy<T[number]>[]) as K extends number | 'length'
    ? never
    : K]: (readonly Lazy<T[number]>[])[K];
} & { readonly length: T['length']; readonly [lazy]: T; readonly then: Then<T> };

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Values that no Lazy can be inside of. */
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

/** What may stand where a component's parameter is of type `T`: a `T`, a Lazy of one, or one with Lazies inside. */
// biome-ignore lint/suspicious/noExplicitAny: an argument for a parameter of type any is any
export type Arg<T> = IsAny<T> extends true ? any : Lazy<T> | Deep<T>;

/** An interface, so that recursive types end. */
interface List<T> extends ReadonlyArray<Arg<T>> {}

type Deep<T> = T extends Leaf
  ? T
  : T extends readonly unknown[]
    ? number extends T['length']
      ? List<T[number]>
      : Args<T>
    : T extends object
      ? { [K in keyof T]: Arg<T[K]> }
      : T;

export type Args<A extends readonly unknown[]> = { [K in keyof A]: Arg<A[K]> };

export type AnyFunction = (...args: never) => unknown;

type Several = readonly [string, string, ...string[]];
type Tuple<N extends readonly string[]> = { readonly [K in keyof N]: unknown };

/** What a component's function must return: one value, or as many as it has names in `returnValues`. */
export type ComponentFunction<N extends readonly string[]> = (
  ...args: never
) => N extends Several ? Tuple<N> | Promise<Tuple<N>> : unknown;

/** A component as a pipeline calls it. */
export type ComponentCall<N extends readonly string[], F> = F extends (...args: infer A) => infer R
  ? (
      ...args: Args<A>
    ) => N extends Several
      ? Awaited<R> extends readonly unknown[]
        ? LazyTuple<Awaited<R>>
        : never
      : Lazy<Awaited<R>>
  : never;

/** What is left of a pipeline's result once every Lazy in it is awaited. */
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

/** A pipeline as a program calls it: starts a run, and resolves to the result of its function. */
export type PipelineCall<F> = F extends (...args: infer A) => infer R
  ? (...args: A) => Promise<PipelineResult<Awaited<R>>>
  : never;

/** Makes a component of a function: its calls inside a pipeline are steps of the run. */
export type DeclareComponent = <const N extends readonly string[], F extends AnyFunction>(
  options: ComponentOptions<N>,
  fn: F & (F extends ComponentFunction<N> ? unknown : ComponentFunction<N>),
) => ComponentCall<N, F>;

/** Makes a pipeline of a function: calling it starts a run. */
export type DeclarePipeline = <F extends AnyFunction>(
  options: PipelineOptions,
  fn: F,
) => PipelineCall<F>;

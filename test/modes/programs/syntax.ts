/** Every syntax that TypeScript accepts, in steps and in the logic. */
import { completes, type Program, type Programs } from '../program.ts';

/** A file with the function `features`, which a step and the logic call. */
const called = (
  features: string,
  result: unknown,
  { source = '', files = {} }: { source?: string; files?: Readonly<Record<string, string>> } = {},
): Program => ({
  source: `
  import { features } from './features.ts'; ${source}
  export const step = component({}, async () => await features());
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [await step(), await features()]);`,
  files: { 'features.ts': features, ...files },
  outcome: completes([result, result]),
});

const DISPOSAL = `
type Log = string[];
const opened = (log: Log, name: string) => ({ name, [Symbol.dispose]() { log.push('closed ' + name); } });
export async function features() {
  const log: Log = [];
  { using first = opened(log, 'first'), second = opened(log, 'second'); using none = null; log.push(first.name + second.name); }
  { await using late = { async [Symbol.asyncDispose]() { await null; log.push('closed late'); } }; log.push(typeof late); }
  for (using each of [opened(log, 'each')]) log.push(each.name);
  for await (await using each of [opened(log, 'awaited')]) log.push(each.name);
  for (using x = opened(log, 'loop'), once = { n: 1, [Symbol.dispose]() {} }; once.n > 0; once.n--) log.push(x.name);
  try { using broken = { [Symbol.dispose]() { throw new Error('second'); } }; throw new Error('first'); }
  catch (error: any) { log.push(error.name, error.error.message, error.suppressed.message); }
  try { using wrong = {} as Disposable; } catch (error: any) { log.push(error.name); }
  return log;
}`;

const DECORATORS = `
const seen: string[] = [];
function note(_value: unknown, context: DecoratorContext): void {
  seen.push(context.kind + ' ' + String(context.name));
  context.addInitializer(function () { seen.push('init ' + String(context.name)); });
}
const times = (factor: number) => (_: undefined, _context: ClassFieldDecoratorContext) => (value: number): number => factor * value;
function logged<A extends unknown[]>(method: (...args: A) => unknown, _: ClassMethodDecoratorContext) {
  return function (this: unknown, ...args: A) { return 'logged ' + method.apply(this, args); };
}
function clamp(target: ClassAccessorDecoratorTarget<Model, number>, _: unknown): ClassAccessorDecoratorResult<Model, number> {
  return { get() { return Math.min(10, target.get.call(this)); }, set(value) { target.set.call(this, value); }, init: (value) => value + 1 };
}
const renamed = (name: string) => <T extends new (...args: any[]) => object>(type: T, _: ClassDecoratorContext<T>) =>
  ({ [name]: class extends type {} })[name] as T;
@note @renamed('Renamed') class Model {
  @times(2) field = 3;
  @times(3) static shared = 4;
  @clamp accessor size = 30;
  accessor plain = 5;
  static accessor count = 6;
  @note static secret = 7;
  @note #own = 8;
  @logged run(more: number) { return more + this.#own + Model.secret; }
  @note get half() { return this.plain / 2; }
  @note set half(value: number) { this.plain = 2 * value; }
  @(true ? note : note) static made() { return new this(); }
}
@note export class Exported {}
const Expression = @note class Inner { @note x = 1; };
abstract class Base { abstract accessor value: number; }
class Derived extends Base { accessor value = 9; }
const loaded = seen.join();
export function features() {
  const model = new Model(); model.half = 4;
  return [Model.name, model.field, Model.shared, model.size, model.plain, Model.count, model.run(1), model.half, new Expression().x, new Derived().value, loaded, new Exported() instanceof Exported];
}`;

const LANGUAGE = `
import data from './data.json' with { type: 'json' };
import type { Shape } from './shapes.ts';
import { type Circle, area, Kind } from './shapes.ts';
import * as shapes from './shapes.ts';
export * as all from './shapes.ts';
export type * from './shapes.ts';
enum Level { Low, Mid = Low + 5, High = 'abc'.length, Mask = Low | (1 << 3) }
enum Level2 { A = 'a', B = \`\${A}b\` }
const enum Fast { One = 1, Two = One << 1 }
enum Merged { A } enum Merged { B = 1 }
declare const nowhere: number; declare function ambient(): void; declare module 'unknown-module' {}
namespace Outer { export namespace Inner { export const deep = 'deep'; } export let count = 'count'; export function next() { return count; } }
import Alias = Outer.Inner;
namespace Outer.Dotted { export const dotted = 'dotted'; }
function merged() { return merged.extra; } namespace merged { export const extra = 'extra'; }
abstract class Animal<in out T = string> {
  static #made = 0; static readonly kinds = ['a'] as const; static { Animal.#made += 10; }
  declare readonly phantom: T; [key: \`data-\${string}\`]: unknown; #name: string;
  constructor(public readonly legs: number, protected name = 'none', private readonly hidden?: T) { this.#name = name; Animal.#made++; }
  abstract sound(): string; get title(): string { return this.#name; } set title(value) { this.#name = value; }
  static get made() { return this.#made; } is(other: object): other is this { return #name in other; }
}
class Dog extends Animal { override sound() { return super.title + this.legs; } ['computed' + 1] = 1; static async *walk(): AsyncGenerator<number> { yield* [1, 2]; } }
function over(x: number): number; function over(x: string): string; function over(x: any) { return x; }
function assertIsText(x: unknown): asserts x is string { if (typeof x !== 'string') throw new TypeError('no text', { cause: x }); }
const table = { a: 1, b: [2] } as const satisfies Record<string, unknown>;
const identity = <const T,>(x: T): T => x; const numbers = identity<number>;
function* count(this: void, to: number): Generator<number, string, void> { for (let i = 0; i < to; i++) yield i; return 'end'; }
type Tail<T extends readonly unknown[]> = T extends readonly [infer _H extends number, ...infer R] ? R : never;
const tag = (strings: TemplateStringsArray, ...values: unknown[]) => strings.raw.join('|') + values.join();
export async function features() {
  const dog = new Dog(4, 'rex'); dog.title = 'max';
  let late!: number; late ??= 1_000; let or = 0; or ||= 2; or &&= 3; let power = 2 ** 3 ** 2; power **= 1;
  const { a, ...rest } = { a: 1, b: 2, c: undefined as { d?: () => number } | undefined };
  const walked: number[] = []; for await (const step of Dog.walk()) walked.push(step);
  let jumps = 0; outer: for (const i of [1, 2]) { for (;;) { jumps += i; if (jumps > 1) break outer; continue outer; } }
  const text: unknown = 'text'; assertIsText(text); let cause: unknown; try { assertIsText(5); } catch (error) { cause = (error as Error).cause; } 
  class Target { made = new.target === Target; } const tail: Tail<[1, 2, 3]> = [2, 3]; const shape: Shape = { r: 2 };
  switch (text.length as number) { case 4: { var hoisted = 'hoisted'; } default: }
  const generator = count(2); const symbol: unique symbol = Symbol('s'); label: { break label; }
  return [
    data.list, area(shape as Circle), Kind.Round, shapes.Kind[0], Alias.deep, Level.Mid, Level[5], Level.High, Level.Mask, Level2.B, Fast.Two, Merged.B,
    Outer.next(), Outer.Dotted.dotted, merged(), typeof nowhere, Animal.made > 10, dog.sound(), dog.is({}), Animal.kinds[0], (dog as any).computed1, over('over'), table.b[0], numbers(7),
    late, or, power, a, rest.b, rest.c?.d?.() ?? 'none', walked, jumps, cause, hoisted, new Target().made, tail, [...generator], generator.next().done, tag\`a\${1}\\n\`,
    (text as string)!.at(-1), <number>(<unknown>8), String(10n ** 20n), [..."a1b2".matchAll(/(?<digit>\\d)/dgv)].map((m) => m.groups?.digit), typeof symbol, (() => { try { return 1; } catch { return 2; } finally { } })(),
    { __proto__: null, get x() { return 1; }, async *y() {}, async z() {} }.x, void 0 ?? null, Object.groupBy === undefined ? 1 : 1, (a, late), delete (rest as any).b, 'b' in rest, [,1].length, import.meta.env === undefined,
  ];
}`;

const SHAPES = `
export interface Shape { r: number } export type Circle = Shape & { round?: true };
export enum Kind { Square, Round } export const area = (shape: Shape) => shape.r * shape.r;
export default interface Unused {} export { type Shape as Other };`;

// The results are those of `tsc --target es2023`.
const LANGUAGE_RESULT = [
  ...[['from JSON'], 4, 1, 'Square', 'deep', 5, 'Mid', 3, 8, 'ab', 2, 1],
  ...['count', 'dotted', 'extra', 'undefined', true, 'max4', false, 'a', 1, 'over', 2, 7],
  ...[1000, 3, 512, 1, 2, 'none', [1, 2], 3, 5, 'hoisted', false, [2, 3], [0, 1], true],
  ...['a|\\n1', 't', 8, '100000000000000000000', ['1', '2'], 'symbol', 1, 1, null, 1, 1000],
  ...[true, false, 2, true],
];

const DECORATORS_RESULT = [
  ...['Renamed', 6, 12, 10, 8, 6, 'logged 16', 4, 1, 9],
  'method made,getter half,setter half,field secret,field #own,class Model,init made,init secret,init Model,class Exported,init Exported,field x,class Inner,init Inner',
  true,
];

export const SYNTAX: Programs = {
  'using and await using': called(DISPOSAL, [
    ...['firstsecond', 'closed second', 'closed first', 'object', 'closed late'],
    ...['each', 'closed each', 'awaited', 'closed awaited', 'loop', 'closed loop'],
    ...['SuppressedError', 'second', 'first', 'TypeError'],
  ]),
  'standard decorators and accessor': called(DECORATORS, DECORATORS_RESULT),
  'the features of the language': called(LANGUAGE, LANGUAGE_RESULT, {
    files: { 'data.json': '{ "list": ["from JSON"] }', 'shapes.ts': SHAPES },
  }),
  'legacy decorators by the tsconfig': called(
    `
const seen: string[] = [];
const note = (target: any, key?: string, index?: any) => { seen.push((key ?? target.name) + (typeof index === 'number' ? index : '')); };
const sealed = (target: any) => class extends target { extra = 2; } as any;
@note @sealed class Model { @note x = 1; @note run(@note a: number) { return a; } constructor(@note public y = 3) {} accessor z = 4; }
export function features() { const m: any = new Model(); return [m.x, m.y, m.z, m.extra, m.run(5), seen.length]; }`,
    [1, 3, 4, 2, 5, 5],
    { files: { 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true } }' } },
  ),
  'emitDecoratorMetadata is refused by name': {
    ...called(
      'const note = (target: any) => target;\n@note class Model {}\nexport const features = () => new Model() instanceof Model;',
      null,
      {
        files: {
          'tsconfig.json':
            '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }',
        },
      },
    ),
    outcome: {
      code: 2,
      status: 'failed',
      error:
        'error: features.ts:2:1: a decorator is used while the tsconfig has emitDecoratorMetadata, which is not supported: the bundler reads one file at a time and does not know the types of others; remove emitDecoratorMetadata, or pass what the decorator needs as its argument\nsee headrace/docs/errors.md#decoratormetadataerror\n',
    },
  },
  'CommonJS of TypeScript': {
    source: '',
    files: {
      'pipeline.ts': `export { main } from './main.cts';`,
      'main.cts': `
import headrace = require('headrace');
import path = require('node:path');
import helper = require('./helper.cjs');
import assigned = require('./assigned.cts');
import modern = require('./modern.mts');
import { plain } from './plain.cts';
const all = () => [path.join('a', 'b'), helper(2), assigned.twice(3), assigned.base, modern.modern, plain];
const step = headrace.component({}, async function step() { return all(); });
export const main = headrace.pipeline({ name: 'main', project: 'modes' }, async () => [await step(), all()]);`,
      'helper.cjs': `module.exports = (n) => n + require('./number.json').one;`,
      'number.json': '{ "one": 1 }',
      'assigned.cts': `import { plain } from './plain.cts';\nimport type { Unused } from './types.cts';\nimport whole = require('./plain.cts');\nexport = { twice: (n: number): number => 2 * n, base: plain + whole.plain };`,
      'types.cts': 'export interface Unused {}',
      'modern.mts': `export const modern: string = 'modern';`,
      'plain.cts': `export const plain: string = 'plain';`,
    },
    outcome: completes([
      ['a/b', 3, 6, 'plainplain', 'modern', 'plain'],
      ['a/b', 3, 6, 'plainplain', 'modern', 'plain'],
    ]),
  },
};

/**
 * A random pipeline as data: its components, and the statements of its function. A program is JSON,
 * because it is the argument of the pipeline, and because a failing world is reduced by cutting it.
 *
 * @module
 */
import type { Json } from '../../src/model/json.ts';
import type { ConcurrencyLimit } from '../../src/sdk/option-types.ts';

export type Expression =
  | { readonly kind: 'constant'; readonly value: Json }
  /** A text that is a large part of arguments; equal numbers make equal texts. */
  | { readonly kind: 'large'; readonly of: number }
  /** A variable: a Lazy (`l…`), which is passed as a reference, or an awaited value (`v…`). */
  | { readonly kind: 'variable'; readonly name: string }
  /** One of several return values of the Lazy in a variable. */
  | { readonly kind: 'part'; readonly name: string; readonly index: number }
  | { readonly kind: 'list'; readonly of: readonly Expression[] }
  | { readonly kind: 'object'; readonly of: Readonly<Record<string, Expression>> }
  /** The counter at module level that callbacks raise. */
  | { readonly kind: 'state' }
  /** `Date.now()`. */
  | { readonly kind: 'time' };

/** True if the number of the value `of`, modulo `modulo`, is `equals`. */
export interface Condition {
  readonly of: Expression;
  readonly modulo: number;
  readonly equals: number;
}

export type Combinator = 'all' | 'race' | 'allSettled' | 'any';

export type Statement =
  | {
      readonly kind: 'call';
      readonly into: string;
      readonly component: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'await'; readonly of: Expression; readonly into: string }
  | {
      readonly kind: 'combine';
      readonly how: Combinator;
      readonly of: readonly Expression[];
      readonly into: string;
    }
  | {
      readonly kind: 'loop';
      readonly times: number;
      readonly until: Condition | null;
      readonly body: Block;
    }
  | {
      readonly kind: 'if';
      readonly condition: Condition;
      readonly then: Block;
      readonly else: Block;
    }
  | {
      readonly kind: 'try';
      readonly body: Block;
      readonly caught: string;
      readonly catch: Block | null;
      readonly finally: Block | null;
    }
  /** Async blocks that run concurrently. */
  | {
      readonly kind: 'branches';
      readonly how: Combinator;
      readonly of: readonly Block[];
      readonly into: string;
    }
  /** An async block that starts before `meanwhile` and is observed only after it, if at all. */
  | {
      readonly kind: 'background';
      readonly body: Block;
      readonly meanwhile: Block;
      readonly into: string;
    }
  /** An async block that is never observed. */
  | { readonly kind: 'floating'; readonly body: Block }
  /** A handler of the value of a Lazy, without one of its error. */
  | { readonly kind: 'then'; readonly of: Expression; readonly into: string }
  | { readonly kind: 'sleep'; readonly milliseconds: number }
  /** Cancels the step of a Lazy; any other value stays as it is. */
  | { readonly kind: 'cancel'; readonly of: Expression }
  /** `timeout` of a Lazy. */
  | {
      readonly kind: 'timeout';
      readonly of: Expression;
      readonly milliseconds: number;
      readonly into: string;
    }
  /** A race of a signal with a sleep, because users may not send the signal. */
  | {
      readonly kind: 'signal';
      readonly name: string;
      readonly milliseconds: number;
      readonly into: string;
    }
  | { readonly kind: 'throw'; readonly message: string }
  | { readonly kind: 'return'; readonly value: Expression };

export type Block = readonly Statement[];

export interface ComponentPlan {
  readonly name: string;
  /** How many values it returns; one is the whole value. */
  readonly returns: number;
  /** Its value is too long to ride inline. */
  readonly large: boolean;
  readonly cache:
    | boolean
    | { readonly mode?: 'readWrite' | 'refresh' | 'read'; readonly ttl?: number };
  readonly retries: number | 'always' | 'once' | 'throws';
  readonly continueOnFail: boolean;
  /** Children of a failed step are skipped; false lets them run without its value. */
  readonly skipChildrenOnFail: boolean;
  readonly parents: readonly string[];
  readonly timeoutSeconds: number | null;
  readonly preExecute: 'counts' | 'skips' | 'changes' | 'throws' | null;
  readonly postExecute: 'counts' | 'throws' | null;
  readonly statusChange: 'counts' | 'throws' | null;
  readonly queue: string | null;
  readonly concurrency: ConcurrencyLimit | null;
  /** A call starts a child run: its first argument is the program, the others are its inputs. */
  readonly child: boolean;
}

export interface Program {
  readonly components: readonly ComponentPlan[];
  readonly body: Block;
}

/** The name of the component that starts child runs, which is that of the pipeline. */
export const CHILD_NAME = 'simulated';
/** The variables that the program of a child run starts with: the arguments of its call. */
export const INPUTS = ['a', 'b'] as const;
export type Inputs = Readonly<Partial<Record<string, unknown>>>;

export const PARAMETERS = ['a', 'b', 'c'] as const;
/** The signals that users send. */
export const SIGNAL_NAMES = ['approve', 'note'] as const;
/** All names that a component may have: the code of a world contains one component for each. */
export const COMPONENT_NAMES = [
  'fetch',
  'clean',
  'split',
  'train',
  'score',
  'merge',
  'report',
] as const;

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');

export function showExpression(e: Expression): string {
  switch (e.kind) {
    case 'constant':
      return JSON.stringify(e.value);
    case 'large':
      return `'${e.of}'.repeat(17_000)`;
    case 'variable':
      return e.name;
    case 'part':
      return `${e.name}[${e.index}]`;
    case 'list':
      return `[${e.of.map(showExpression).join(', ')}]`;
    case 'object':
      return `{ ${Object.entries(e.of)
        .map(([key, value]) => `${key}: ${showExpression(value)}`)
        .join(', ')} }`;
    case 'state':
      return 'state.count';
    case 'time':
      return 'Date.now()';
  }
}

const showCondition = (c: Condition): string =>
  `numberOf(${showExpression(c.of)}) % ${c.modulo} === ${c.equals}`;
const showBlock = (block: Block): string =>
  block.length === 0 ? '{}' : `{\n${indent(block.map(showStatement).join('\n'))}\n}`;

function showStatement(s: Statement): string {
  switch (s.kind) {
    case 'call':
      return `${s.into} = ${s.component}(${s.args.map(showExpression).join(', ')});`;
    case 'await':
      return `${s.into} = await ${showExpression(s.of)};`;
    case 'combine':
      return `${s.into} = await Promise.${s.how}([${s.of.map(showExpression).join(', ')}]);`;
    case 'loop':
      return `for (let i = 0; i < ${s.times}; i++) ${showBlock(s.body)}${s.until === null ? '' : ` until (${showCondition(s.until)})`}`;
    case 'if':
      return `if (${showCondition(s.condition)}) ${showBlock(s.then)}${s.else.length > 0 ? ` else ${showBlock(s.else)}` : ''}`;
    case 'try':
      return `try ${showBlock(s.body)}${s.catch === null ? '' : ` catch (${s.caught}) ${showBlock(s.catch)}`}${s.finally === null ? '' : ` finally ${showBlock(s.finally)}`}`;
    case 'branches':
      return `${s.into} = await Promise.${s.how}([\n${indent(s.of.map((block) => `(async () => ${showBlock(block)})(),`).join('\n'))}\n]);`;
    case 'background':
      return `${s.into} = (async () => ${showBlock(s.body)})();\n${showBlock(s.meanwhile)}\n${s.into} = await ${s.into};`;
    case 'floating':
      return `void (async () => ${showBlock(s.body)})();`;
    case 'then':
      return `${showExpression(s.of)}.then((value) => { ${s.into} = value; });`;
    case 'sleep':
      return `await sleep(${s.milliseconds});`;
    case 'cancel':
      return `cancel(${showExpression(s.of)});`;
    case 'timeout':
      return `${s.into} = await timeout(${showExpression(s.of)}, ${s.milliseconds});`;
    case 'signal':
      return `${s.into} = await Promise.race([waitForSignal(${JSON.stringify(s.name)}), sleep(${s.milliseconds})]);`;
    case 'throw':
      return `throw new Error(${JSON.stringify(s.message)});`;
    case 'return':
      return `return ${showExpression(s.value)};`;
  }
}

/** The program as source text. */
export function showProgram(program: Program): string {
  const plain: Omit<ComponentPlan, 'name'> = PLAIN_COMPONENT;
  const components = program.components.map((c) => {
    const set = Object.entries(c).filter(
      ([key, value]) =>
        key !== 'name' && JSON.stringify(value) !== JSON.stringify(Reflect.get(plain, key)),
    );
    return `component ${c.name}${set.length > 0 ? ` { ${set.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')} }` : ''}`;
  });
  return [...components, ...program.body.map(showStatement)].join('\n');
}

export const PLAIN_COMPONENT: Omit<ComponentPlan, 'name'> = {
  returns: 1,
  large: false,
  cache: false,
  retries: 0,
  continueOnFail: false,
  skipChildrenOnFail: true,
  parents: [],
  timeoutSeconds: null,
  preExecute: null,
  postExecute: null,
  statusChange: null,
  queue: null,
  concurrency: null,
  child: false,
};

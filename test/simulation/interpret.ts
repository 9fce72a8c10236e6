/**
 * Executes a program. The same interpreter runs inside the evaluator (on the replay SDK) and in the
 * plain run (on plain promises). Any difference between the two is therefore caused by the engine.
 *
 * It imports no other module, because it is part of the logic's bundle.
 *
 * @module
 */
import type {
  Block,
  ComponentPlan,
  Condition,
  Expression,
  Inputs,
  Program,
  Statement,
} from './program.ts';

type Callback = (...args: never) => unknown;
/** The options of a component, as a user writes them. */
export type Options = Readonly<Record<string, unknown>>;

export interface Host {
  sleep(durationMs: number): PromiseLike<unknown>;
  /** Called with a Lazy. */
  cancel(lazy: unknown): void;
  timeout(lazy: unknown, durationMs: number): PromiseLike<unknown>;
  waitForSignal(name: string): PromiseLike<unknown>;
  now(): number;
  /**
   * Called with a promise that has no handler. The returned function is called when it gets one.
   */
  unobserved(promise: Promise<unknown>): () => void;
}

type Call = (...args: unknown[]) => unknown;

/**
 * The components of a program, declared before its function runs, and the state that their
 * callbacks change.
 */
export interface DeclaredComponents {
  readonly state: State;
  readonly components: ReadonlyMap<string, Call>;
}

/** The state at module level that callbacks change. */
export interface State {
  count: number;
}

class Returned {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

const callbackOf = {
  counts: (state: State) => () => {
    state.count += 1;
  },
  throws: (state: State) => () => {
    state.count += 1;
    throw new Error('a callback that throws');
  },
} as const;

/**
 * A pre-execute callback. Its effect depends only on the step, so that the checks know what must
 * happen.
 */
function preExecute(kind: NonNullable<ComponentPlan['preExecute']>, state: State): Callback {
  switch (kind) {
    case 'counts':
    case 'throws':
      return callbackOf[kind](state);
    case 'skips':
      return (_pipeline: unknown, node: { readonly name: string }) => {
        state.count += 1;
        return !/[135]$/.test(node.name);
      };
    case 'changes':
      return (_pipeline: unknown, _node: unknown, params: Record<string, unknown>) => {
        state.count += 1;
        params.a = 'changed';
      };
  }
}

function retry(kind: Exclude<ComponentPlan['retries'], number>, state: State): Callback {
  return (_pipeline: unknown, _node: unknown, retries: number) => {
    state.count += 1;
    if (kind === 'throws') throw new Error('a retry callback that throws');
    return retries < (kind === 'once' ? 1 : 3);
  };
}

function optionsOf(plan: ComponentPlan, state: State): Options {
  return {
    name: plan.name,
    returnValues: Array.from({ length: plan.returns }, (_, n) => `r${n}`),
    ...(plan.cache === false ? {} : { cache: plan.cache }),
    ...(plan.retries === 0
      ? {}
      : {
          retryOnFailure:
            typeof plan.retries === 'number' ? plan.retries : retry(plan.retries, state),
        }),
    ...(plan.continueOnFail && plan.skipChildrenOnFail ? { continueOnFail: true } : {}),
    ...(plan.skipChildrenOnFail
      ? {}
      : { continueBehaviour: { continueOnFail: plan.continueOnFail, skipChildrenOnFail: false } }),
    ...(plan.parents.length > 0 ? { parents: plan.parents } : {}),
    ...(plan.timeoutSeconds === null ? {} : { timeoutSeconds: plan.timeoutSeconds }),
    ...(plan.concurrency === null ? {} : { concurrency: plan.concurrency }),
    ...(plan.preExecute === null ? {} : { preExecuteCallback: preExecute(plan.preExecute, state) }),
    ...(plan.postExecute === null
      ? {}
      : { postExecuteCallback: callbackOf[plan.postExecute](state) }),
    ...(plan.statusChange === null
      ? {}
      : { statusChangeCallback: callbackOf[plan.statusChange](state) }),
    ...(plan.queue === null ? {} : { executionQueue: plan.queue }),
  };
}

const PARAMETERS = ['a', 'b', 'c'];

export function declareComponents(
  program: Program,
  declare: (plan: ComponentPlan, options: Options, parameters: readonly string[]) => Call,
): DeclaredComponents {
  const state: State = { count: 0 };
  return {
    state,
    components: new Map(
      program.components.map((plan) => [
        plan.name,
        declare(plan, optionsOf(plan, state), PARAMETERS),
      ]),
    ),
  };
}

interface Thenable {
  then(onValue: (value: unknown) => unknown): Promise<unknown>;
}

const isThenable = (value: unknown): value is Thenable =>
  typeof value === 'object' && value !== null && 'then' in value;

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return 0;
}

/** The value that a `catch` block has of an error. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

export async function interpret(
  program: Program,
  { state, components }: DeclaredComponents,
  host: Host,
  inputs: Inputs = {},
): Promise<unknown> {
  const variables = new Map<string, unknown>(Object.entries(inputs));

  function evaluate(e: Expression): unknown {
    switch (e.kind) {
      case 'constant':
        return e.value;
      case 'large':
        return `${e.of}`.repeat(17_000);
      case 'variable':
        return variables.get(e.name) ?? null;
      case 'part': {
        const whole = variables.get(e.name);
        return Array.isArray(whole) ? (whole[e.index] ?? null) : (whole ?? null);
      }
      case 'list':
        return e.of.map(evaluate);
      case 'object':
        return Object.fromEntries(
          Object.entries(e.of).map(([key, value]) => [key, evaluate(value)]),
        );
      case 'state':
        return state.count;
      case 'time':
        return host.now();
    }
  }

  const holds = (c: Condition): boolean => numberOf(evaluate(c.of)) % c.modulo === c.equals;

  async function combine(
    how: 'all' | 'race' | 'allSettled' | 'any',
    of: unknown[],
  ): Promise<unknown> {
    switch (how) {
      case 'all':
        return Promise.all(of);
      case 'race':
        return Promise.race(of);
      case 'any':
        return Promise.any(of);
      case 'allSettled':
        return (await Promise.allSettled(of)).map((one) =>
          one.status === 'fulfilled' ? one.value : nameOf(one.reason),
        );
    }
  }

  async function execute(s: Statement): Promise<Returned | undefined> {
    switch (s.kind) {
      case 'call':
        variables.set(s.into, components.get(s.component)?.(...s.args.map(evaluate)));
        return undefined;
      case 'await':
        variables.set(s.into, await evaluate(s.of));
        return undefined;
      case 'combine':
        variables.set(s.into, await combine(s.how, s.of.map(evaluate)));
        return undefined;
      case 'loop':
        for (let i = 0; i < s.times; i += 1) {
          const returned = await block(s.body);
          if (returned !== undefined) return returned;
          if (s.until !== null && holds(s.until)) break;
        }
        return undefined;
      case 'if':
        return block(holds(s.condition) ? s.then : s.else);
      case 'try':
        return attempt(s);
      case 'branches': {
        const outcomes = await combine(
          s.how,
          s.of.map(async (one) => (await block(one)) instanceof Returned),
        );
        variables.set(s.into, outcomes);
        return undefined;
      }
      case 'background': {
        const background = block(s.body);
        const observe = host.unobserved(background);
        const returned = await block(s.meanwhile);
        if (returned !== undefined) return returned;
        observe();
        variables.set(s.into, (await background) instanceof Returned);
        return undefined;
      }
      case 'floating':
        host.unobserved(block(s.body));
        return undefined;
      case 'then': {
        const value = evaluate(s.of);
        if (isThenable(value))
          host.unobserved(value.then((result) => void variables.set(s.into, result)));
        return undefined;
      }
      case 'sleep':
        await host.sleep(s.milliseconds);
        return undefined;
      case 'cancel': {
        const value = evaluate(s.of);
        if (isThenable(value)) host.cancel(value);
        return undefined;
      }
      case 'timeout': {
        const value = evaluate(s.of);
        variables.set(
          s.into,
          isThenable(value) ? await host.timeout(value, s.milliseconds) : value,
        );
        return undefined;
      }
      case 'signal':
        variables.set(
          s.into,
          (await Promise.race([host.waitForSignal(s.name), host.sleep(s.milliseconds)])) ?? null,
        );
        return undefined;
      case 'throw':
        throw new Error(s.message);
      case 'return':
        return new Returned(evaluate(s.value));
    }
  }

  async function attempt(s: Extract<Statement, { kind: 'try' }>): Promise<Returned | undefined> {
    try {
      return await block(s.body);
    } catch (error) {
      if (s.catch === null) throw error;
      variables.set(s.caught, nameOf(error));
      return await block(s.catch);
    } finally {
      if (s.finally !== null) await block(s.finally);
    }
  }

  async function block(statements: Block): Promise<Returned | undefined> {
    for (const statement of statements) {
      const returned = await execute(statement);
      if (returned !== undefined) return returned;
    }
    return undefined;
  }

  return (await block(program.body))?.value ?? null;
}

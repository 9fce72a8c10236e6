/**
 * Makes random programs.
 *
 * @module
 */
import {
  type Block,
  COMPONENT_NAMES,
  type ComponentPlan,
  type Condition,
  type Expression,
  PARAMETERS,
  PLAIN_COMPONENT,
  type Program,
  SIGNAL_NAMES,
  type Statement,
} from './program.ts';
import type { Random } from './random.ts';

function componentPlan(
  random: Random,
  name: string,
  others: readonly string[],
  cached: boolean,
): ComponentPlan {
  return {
    ...PLAIN_COMPONENT,
    name,
    returns: random.chance(0.2) ? random.int(2, 3) : 1,
    large: random.chance(0.05),
    cache: random.chance(cached ? 0.7 : 0.1)
      ? random.chance(0.2)
        ? { mode: random.pick(['readWrite', 'refresh', 'read'] as const) }
        : true
      : false,
    retries: random.chance(0.35)
      ? random.chance(0.25)
        ? random.pick(['always', 'once', 'throws'] as const)
        : random.int(1, 3)
      : 0,
    continueOnFail: random.chance(0.15),
    skipChildrenOnFail: !random.chance(0.1),
    parents:
      random.chance(0.08) && others.length > 0
        ? [random.pick([...others, ...others.map((other) => `${other}_1`)])]
        : [],
    timeoutSeconds: random.chance(0.2) ? random.int(1, 60) : null,
    preExecute: random.chance(0.1)
      ? random.pick(['counts', 'skips', 'changes', 'throws'] as const)
      : null,
    postExecute: random.chance(0.08) ? random.pick(['counts', 'throws'] as const) : null,
    statusChange: random.chance(0.08) ? random.pick(['counts', 'throws'] as const) : null,
    queue: random.chance(0.1) ? 'other' : null,
  };
}

/**
 * Writes the statements of a function, within a budget of calls, so that nested loops stay small.
 */
class ProgramWriter {
  readonly #random: Random;
  readonly #components: readonly ComponentPlan[];
  readonly #lazies: string[] = [];
  readonly #values: string[] = [];
  #calls: number;

  constructor(random: Random, components: readonly ComponentPlan[], calls: number) {
    this.#random = random;
    this.#components = components;
    this.#calls = calls;
  }

  write(): Block {
    const body = this.#block(this.#random.int(2, 7), 0, 1);
    return this.#random.chance(0.8) ? [...body, { kind: 'return', value: this.#result() }] : body;
  }

  #result(): Expression {
    const random = this.#random;
    const names = [...this.#values, ...(random.chance(0.4) ? this.#lazies : [])];
    return {
      kind: 'list',
      of: [
        { kind: 'state' },
        ...names.slice(-5).map((name): Expression => ({ kind: 'variable', name })),
      ],
    };
  }

  #argument(depth = 0): Expression {
    const random = this.#random;
    const kind = random.weighted({
      constant: 3,
      large: 0.15,
      lazy: this.#lazies.length > 0 ? 6 : 0,
      value: this.#values.length > 0 ? 2 : 0,
      part: this.#lazies.length > 0 ? 1 : 0,
      list: depth < 2 ? 1 : 0,
      object: depth < 2 ? 0.5 : 0,
      state: 0.3,
      time: 0.15,
    });
    switch (kind) {
      case 'constant':
        return { kind: 'constant', value: random.pick([null, true, 1, 2, 'text', 0.5]) };
      case 'large':
        return { kind: 'large', of: random.int(1, 2) };
      case 'lazy':
        return { kind: 'variable', name: random.pick(this.#lazies) };
      case 'value':
        return { kind: 'variable', name: random.pick(this.#values) };
      case 'part':
        return { kind: 'part', name: random.pick(this.#lazies), index: random.int(0, 1) };
      case 'list':
        return {
          kind: 'list',
          of: Array.from({ length: random.int(0, 3) }, () => this.#argument(depth + 1)),
        };
      case 'object':
        return {
          kind: 'object',
          of: { deep: this.#argument(depth + 1), k: this.#argument(depth + 1) },
        };
      case 'state':
        return { kind: 'state' };
      case 'time':
        return { kind: 'time' };
    }
  }

  #condition(): Condition {
    const random = this.#random;
    const modulo = random.int(2, 4);
    const of: Expression =
      this.#values.length > 0 && random.chance(0.85)
        ? { kind: 'variable', name: random.pick(this.#values) }
        : { kind: 'state' };
    return { of, modulo, equals: random.int(0, modulo - 1) };
  }

  #call(times: number): Statement {
    this.#calls -= times;
    const random = this.#random;
    const component = random.pick(this.#components).name;
    const args = Array.from({ length: random.int(0, PARAMETERS.length) }, () => this.#argument());
    const into =
      this.#lazies.length > 0 && random.chance(0.1)
        ? random.pick(this.#lazies)
        : `l${this.#lazies.length}`;
    if (!this.#lazies.includes(into)) this.#lazies.push(into);
    return { kind: 'call', into, component, args };
  }

  #value(): string {
    const name = `v${this.#values.length}`;
    this.#values.push(name);
    return name;
  }

  #someLazies(): readonly Expression[] {
    return Array.from(
      { length: this.#random.int(1, 4) },
      (): Expression => ({ kind: 'variable', name: this.#random.pick(this.#lazies) }),
    );
  }

  #block(length: number, depth: number, times: number): Block {
    const statements: Statement[] = [];
    for (let i = 0; i < length; i += 1) statements.push(...this.#statement(depth, times));
    return statements;
  }

  #statement(depth: number, times: number): readonly Statement[] {
    const random = this.#random;
    const hasBudget = this.#calls >= times;
    const deep = depth < 3 ? 1 : 0;
    const lazies = this.#lazies.length > 0 ? 1 : 0;
    const kind = random.weighted({
      call: hasBudget ? 8 : 0,
      await: 5 * lazies,
      combine: 1.5 * lazies,
      fan: hasBudget ? 1 : 0,
      loop: hasBudget ? deep : 0,
      if: 1.2 * deep,
      try: 1.2 * deep,
      branches: hasBudget ? 0.8 * deep : 0,
      background: 0.8 * deep,
      floating: 0.2 * deep,
      then: 0.3 * lazies,
      sleep: 0.6,
      cancel: 0.8 * lazies,
      timeout: 0.6 * lazies,
      signal: 0.5,
      throw: depth > 0 ? 0.25 : 0.05,
      return: depth > 0 ? 0.15 : 0,
      nothing: 0.01,
    });
    switch (kind) {
      case 'call':
        return [this.#call(times)];
      case 'await': {
        const of: Expression = { kind: 'variable', name: random.pick(this.#lazies) };
        return [{ kind: 'await', of, into: this.#value() }];
      }
      case 'combine': {
        const of = this.#someLazies();
        return [
          {
            kind: 'combine',
            how: random.pick(['all', 'race', 'allSettled', 'any'] as const),
            of,
            into: this.#value(),
          },
        ];
      }
      case 'fan':
        return this.#fan(times);
      case 'loop': {
        const rounds = random.int(2, 4);
        const body = this.#block(random.int(1, 3), depth + 1, times * rounds);
        return [
          {
            kind: 'loop',
            times: rounds,
            until: random.chance(0.4) ? this.#condition() : null,
            body,
          },
        ];
      }
      case 'if': {
        const condition = this.#condition();
        return [
          {
            kind: 'if',
            condition,
            then: this.#block(random.int(1, 2), depth + 1, times),
            else: random.chance(0.4) ? this.#block(1, depth + 1, times) : [],
          },
        ];
      }
      case 'try': {
        const body = this.#block(random.int(1, 3), depth + 1, times);
        const caught = this.#value();
        const handler = random.chance(0.85)
          ? this.#block(random.int(0, 2), depth + 1, times)
          : null;
        return [
          {
            kind: 'try',
            body,
            caught,
            catch: handler,
            finally:
              handler === null || random.chance(0.3) ? this.#block(1, depth + 1, times) : null,
          },
        ];
      }
      case 'branches': {
        const of = Array.from({ length: random.int(2, 3) }, () =>
          this.#block(random.int(1, 3), depth + 1, times),
        );
        return [
          {
            kind: 'branches',
            how: random.pick(['all', 'race', 'allSettled', 'any'] as const),
            of,
            into: this.#value(),
          },
        ];
      }
      case 'background':
        return this.#background(depth, times);
      case 'floating':
        return [{ kind: 'floating', body: this.#block(random.int(1, 3), depth + 1, times) }];
      case 'then': {
        const of: Expression = { kind: 'variable', name: random.pick(this.#lazies) };
        return [{ kind: 'then', of, into: this.#value() }];
      }
      case 'sleep':
        return [{ kind: 'sleep', milliseconds: random.pick([0, 1, 500, 30_000]) }];
      case 'cancel':
        return [{ kind: 'cancel', of: { kind: 'variable', name: random.pick(this.#lazies) } }];
      case 'timeout': {
        const of: Expression = { kind: 'variable', name: random.pick(this.#lazies) };
        const milliseconds = random.pick([0, 500, 30_000, 600_000]);
        const bounded: Statement = { kind: 'timeout', of, milliseconds, into: this.#value() };
        if (random.chance(0.3)) return [bounded];
        return [{ kind: 'try', body: [bounded], caught: this.#value(), catch: [], finally: null }];
      }
      case 'signal':
        return [
          {
            kind: 'signal',
            name: random.pick(SIGNAL_NAMES),
            milliseconds: random.pick([500, 30_000]),
            into: this.#value(),
          },
        ];
      case 'throw':
        return [{ kind: 'throw', message: 'the pipeline throws' }];
      case 'return':
        return [{ kind: 'return', value: this.#result() }];
      case 'nothing':
        return [];
    }
  }

  /** A block that often rejects before it is observed, usually within a `try`. */
  #background(depth: number, times: number): readonly Statement[] {
    const random = this.#random;
    const body = this.#block(random.int(0, 2), depth + 1, times);
    const background: Statement = {
      kind: 'background',
      body: random.chance(0.6)
        ? [...body, { kind: 'throw', message: 'the background throws' }]
        : body,
      meanwhile: this.#block(random.int(1, 2), depth + 1, times),
      into: this.#value(),
    };
    if (random.chance(0.2)) return [background];
    return [{ kind: 'try', body: [background], caught: this.#value(), catch: [], finally: null }];
  }

  /** Several calls of one component, perhaps with a join. */
  #fan(times: number): readonly Statement[] {
    const random = this.#random;
    const component = random.pick(this.#components).name;
    const width = random.int(2, 6);
    this.#calls -= width * times;
    const names = Array.from({ length: width }, (_, n) => `l${this.#lazies.length + n}`);
    const same = random.chance(0.3);
    const calls = names.map(
      (into, n): Statement => ({
        kind: 'call',
        into,
        component,
        args: [{ kind: 'constant', value: same ? 'same' : n }],
      }),
    );
    this.#lazies.push(...names);
    const join: Expression = {
      kind: 'list',
      of: names.map((name): Expression => ({ kind: 'variable', name })),
    };
    if (random.chance(0.5)) return calls;
    if (random.chance(0.5))
      return [...calls, { kind: 'combine', how: 'all', of: join.of, into: this.#value() }];
    const into = `l${this.#lazies.length}`;
    this.#lazies.push(into);
    return [
      ...calls,
      { kind: 'call', into, component: random.pick(this.#components).name, args: [join] },
    ];
  }
}

/** The statements of a function with about this number of calls. */
export const randomBody = (
  random: Random,
  components: readonly ComponentPlan[],
  calls: number,
): Block => new ProgramWriter(random, components, calls).write();

/** @param cached whether most components use the cache */
export function randomProgram(random: Random, cached: boolean): Program {
  const count = random.int(1, 4);
  const names = [...COMPONENT_NAMES].sort(() => random.next() - 0.5).slice(0, count);
  const components = names.map((name) =>
    componentPlan(
      random,
      name,
      names.filter((other) => other !== name),
      cached,
    ),
  );
  const calls = random.weighted({ few: 6, some: 4, many: 0.5 });
  return {
    components,
    body: randomBody(random, components, { few: 4, some: 12, many: 36 }[calls]),
  };
}

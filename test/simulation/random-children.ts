/**
 * Adds child runs to random programs: calls of the pipeline with another program, whose results are
 * awaited, joined, cancelled or ignored.
 *
 * @module
 */
import type { Json } from '../../src/model/json.ts';
import {
  type Block,
  CHILD_NAME,
  type Expression,
  INPUTS,
  PLAIN_COMPONENT,
  type Program,
  type Statement,
} from './program.ts';
import { Random, roll } from './random.ts';
import { randomBody } from './random-program.ts';

/** Share of worlds with child runs. */
const CHILDREN_SHARE = 0.25;
const MAX_DEPTH = 2;

export function withChildren<
  R extends { readonly program: Program },
  P extends { readonly seed: number; readonly runs: readonly R[] },
>(plan: P): P & { readonly runs: readonly R[] } {
  if (roll(plan.seed, 'children') >= CHILDREN_SHARE) return plan;
  const runs = plan.runs.map((run, index) => ({
    ...run,
    program: programWithChildren(new Random(plan.seed * 8 + index), run.program, 1),
  }));
  return { ...plan, runs };
}

function programWithChildren(random: Random, program: Program, depth: number): Program {
  const components = program.components.filter(({ child }) => !child);
  const body = [...program.body];
  const count = random.int(1, 3);
  for (let child = 0; child < count; child += 1) {
    const inner: Program = {
      components,
      body: [
        ...INPUTS.map(
          (name): Statement => ({
            kind: 'call',
            into: `input_${name}`,
            component: random.pick(components).name,
            args: [{ kind: 'variable', name }],
          }),
        ),
        ...randomBody(random, components, 4),
      ],
    };
    const of =
      depth < MAX_DEPTH && random.chance(0.25)
        ? programWithChildren(random, inner, depth + 1)
        : inner;
    body.splice(random.int(0, body.length), 0, ...childCall(random, `child${child}`, of));
  }
  return {
    components: [...components, { ...PLAIN_COMPONENT, name: CHILD_NAME, child: true }],
    body,
  };
}

/** A program is JSON, but the compiler does not know it. */
const asJson = (program: Program): Json => JSON.parse(JSON.stringify(program));

function childCall(random: Random, into: string, program: Program): Block {
  const child: Expression = { kind: 'variable', name: into };
  const value = `${into}_value`;
  const call: Statement = {
    kind: 'call',
    into,
    component: CHILD_NAME,
    args: [
      { kind: 'constant', value: asJson(program) },
      { kind: 'variable', name: random.pick(['l0', 'l1', 'v0']) },
      { kind: 'constant', value: random.int(0, 9) },
    ],
  };
  const followUp = random.weighted({
    await: 3,
    try: 3,
    cancel: 1,
    timeout: 1,
    race: 1,
    then: 1,
    nothing: 1,
  });
  const awaited: Statement = { kind: 'await', of: child, into: value };
  const tried = (statement: Statement): Statement => ({
    kind: 'try',
    body: [statement],
    caught: value,
    catch: [],
    finally: null,
  });
  switch (followUp) {
    case 'await':
      return [call, awaited];
    case 'try':
      return [call, tried(awaited)];
    case 'cancel':
      return [
        call,
        { kind: 'sleep', milliseconds: random.pick([0, 500, 3000]) },
        { kind: 'cancel', of: child },
      ];
    case 'timeout': {
      const milliseconds = random.pick([0, 500, 30_000]);
      return [call, tried({ kind: 'timeout', of: child, milliseconds, into: value })];
    }
    case 'race':
      return [
        call,
        tried({
          kind: 'combine',
          how: 'race',
          of: [child, { kind: 'variable', name: 'l0' }],
          into: value,
        }),
      ];
    case 'then':
      return [call, { kind: 'then', of: child, into: value }];
    case 'nothing':
      return [call];
  }
}

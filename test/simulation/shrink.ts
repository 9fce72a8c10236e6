/**
 * Reduces a failing world: fewer runs, statements, options and faults, as long as the same rule is
 * violated.
 *
 * Fates depend on labels and not on an order, so the remaining parts have the same fates.
 *
 * @module
 */
import type { Json } from '../../src/model/json.ts';
import { type Faults, NO_FAULTS, type RunPlan, type WorldPlan } from './plan.ts';
import {
  type Block,
  CHILD_NAME,
  type ComponentPlan,
  PLAIN_COMPONENT,
  type Program,
  type Statement,
} from './program.ts';

/** Smaller blocks: without one statement, or with its body in its place, or with a smaller body. */
function* smallerBlocks(block: Block): Generator<Block> {
  for (let n = 0; n < block.length; n += 1) {
    const statement = block[n];
    if (statement === undefined) continue;
    const around = (...between: Block): Block => [
      ...block.slice(0, n),
      ...between,
      ...block.slice(n + 1),
    ];
    yield around();
    for (const between of smallerStatements(statement)) yield around(...between);
  }
}

function* smallerStatements(s: Statement): Generator<Block> {
  switch (s.kind) {
    case 'loop':
      yield s.body;
      if (s.times > 1) yield [{ ...s, times: s.times - 1 }];
      if (s.until !== null) yield [{ ...s, until: null }];
      for (const body of smallerBlocks(s.body)) yield [{ ...s, body }];
      return;
    case 'if':
      yield s.then;
      yield s.else;
      for (const then of smallerBlocks(s.then)) yield [{ ...s, then }];
      for (const other of smallerBlocks(s.else)) yield [{ ...s, else: other }];
      return;
    case 'try':
      yield s.body;
      if (s.finally !== null && s.catch !== null) yield [{ ...s, finally: null }];
      for (const body of smallerBlocks(s.body)) yield [{ ...s, body }];
      if (s.catch !== null)
        for (const body of smallerBlocks(s.catch)) yield [{ ...s, catch: body }];
      if (s.finally !== null)
        for (const body of smallerBlocks(s.finally)) yield [{ ...s, finally: body }];
      return;
    case 'branches':
      yield* s.of;
      for (let n = 0; n < s.of.length; n += 1) {
        if (s.of.length > 1) yield [{ ...s, of: s.of.filter((_, other) => other !== n) }];
        for (const body of smallerBlocks(s.of[n] ?? []))
          yield [{ ...s, of: s.of.map((block, other) => (other === n ? body : block)) }];
      }
      return;
    case 'background':
      yield s.body;
      yield s.meanwhile;
      for (const body of smallerBlocks(s.body)) yield [{ ...s, body }];
      for (const meanwhile of smallerBlocks(s.meanwhile)) yield [{ ...s, meanwhile }];
      return;
    case 'floating':
      yield s.body;
      for (const body of smallerBlocks(s.body)) yield [{ ...s, body }];
      return;
    case 'call':
      if (s.component === CHILD_NAME) {
        const [first, ...rest] = s.args;
        if (first?.kind !== 'constant') return;
        const program: Program = JSON.parse(JSON.stringify(first.value));
        for (const smaller of smallerPrograms(program)) {
          const value: Json = JSON.parse(JSON.stringify(smaller));
          yield [{ ...s, args: [{ kind: 'constant', value }, ...rest] }];
        }
        return;
      }
      for (let n = 0; n < s.args.length; n += 1) {
        if (s.args[n]?.kind !== 'constant')
          yield [
            {
              ...s,
              args: s.args.map((arg, other) =>
                other === n ? { kind: 'constant', value: null } : arg,
              ),
            },
          ];
      }
      if (s.args.length > 0) yield [{ ...s, args: s.args.slice(0, -1) }];
      return;
    case 'combine':
      for (let n = 0; n < s.of.length && s.of.length > 1; n += 1)
        yield [{ ...s, of: s.of.filter((_, other) => other !== n) }];
      return;
    default:
      return;
  }
}

function* smallerComponents(
  components: readonly ComponentPlan[],
): Generator<readonly ComponentPlan[]> {
  for (const component of components) {
    for (const [key, plain] of Object.entries(PLAIN_COMPONENT)) {
      if (key === 'child' || JSON.stringify(Reflect.get(component, key)) === JSON.stringify(plain))
        continue;
      yield components.map((other) => (other === component ? { ...other, [key]: plain } : other));
    }
  }
}

function* smallerPrograms(program: Program): Generator<Program> {
  for (const body of smallerBlocks(program.body)) yield { ...program, body };
  for (const components of smallerComponents(program.components)) yield { ...program, components };
  const called = JSON.stringify(program.body);
  for (const component of program.components) {
    if (!called.includes(`"component":"${component.name}"`))
      yield { ...program, components: program.components.filter((other) => other !== component) };
  }
}

function* smallerRuns(runs: readonly RunPlan[]): Generator<readonly RunPlan[]> {
  // The fates of a run depend on its index, so only the last run can be removed.
  if (runs.length > 1) yield runs.slice(0, -1);
  for (let n = 0; n < runs.length; n += 1) {
    const run = runs[n];
    if (run === undefined) continue;
    const withChange = (smaller: Partial<RunPlan>): readonly RunPlan[] =>
      runs.map((other, m) => (m === n ? { ...other, ...smaller } : other));
    if (run.program.body.length > 0) yield withChange({ program: { ...run.program, body: [] } });
    if (run.afterwards !== null) yield withChange({ afterwards: null });
    if (run.abortAfterMs !== null) yield withChange({ abortAfterMs: null });
    if (run.signals.length > 0) yield withChange({ signals: [] });
    if (run.timeoutSeconds !== null) yield withChange({ timeoutSeconds: null });
    if (run.abortOnFailure) yield withChange({ abortOnFailure: false });
    for (const program of smallerPrograms(run.program)) yield withChange({ program });
  }
}

function* smallerFaults(faults: Faults): Generator<Faults> {
  for (const [key, none] of Object.entries(NO_FAULTS)) {
    if (key !== 'job' && Reflect.get(faults, key) !== none) yield { ...faults, [key]: none };
  }
  for (const [key, none] of Object.entries(NO_FAULTS.job)) {
    if (Reflect.get(faults.job, key) !== none)
      yield { ...faults, job: { ...faults.job, [key]: none } };
  }
}

function* smallerPlans(plan: WorldPlan): Generator<WorldPlan> {
  for (const faults of smallerFaults(plan.faults)) yield { ...plan, faults };
  for (const runs of smallerRuns(plan.runs)) yield { ...plan, runs };
}

/** The smallest plan found that still fails. At most `maxWorlds` worlds are tried. */
export async function shrink(
  plan: WorldPlan,
  fails: (plan: WorldPlan) => Promise<boolean>,
  maxWorlds: number,
): Promise<WorldPlan> {
  let best = plan;
  let tried = 0;
  for (let found = true; found && tried < maxWorlds; ) {
    found = false;
    for (const candidate of smallerPlans(best)) {
      if (tried >= maxWorlds) break;
      tried += 1;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}

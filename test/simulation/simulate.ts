/**
 * Runs worlds by their seeds, and tells of one that fails so that a person can see why.
 *
 * @module
 */
import type { EvaluatorMaker } from './engine.ts';
import { planOf, type WorldPlan } from './plan.ts';
import { showProgram } from './program.ts';
import { shrink } from './shrink.ts';
import { type Sabotage, SimulatedWorld, type WorldResult } from './simulated-world.ts';

export interface SimulationOptions {
  readonly evaluator: EvaluatorMaker;
  readonly sabotage?: Sabotage;
}

/** Most errors are deaths of processes, by the thousand: long stacks would cost more than the rest. */
const STACK_DEPTH = 5;

export async function runWorld(
  plan: WorldPlan,
  options: SimulationOptions,
  trace = false,
): Promise<WorldResult> {
  const world = new SimulatedWorld(plan, { ...options, trace });
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_DEPTH;
  await world.run();
  Error.stackTraceLimit = stackTraceLimit;
  return { violation: world.violation, trace: world.lines, stats: world.stats };
}

export interface Failure {
  readonly seed: number;
  readonly rule: string;
  /** For people: the rule, the programs, the faults, and what happened, in the smallest world found. */
  readonly report: string;
}

const MAX_SHRINK_WORLDS = 1500;

/** The world of a seed: nothing if all rules held. `explain` makes a failing world smaller and tells its story. */
export async function simulate(
  seed: number,
  options: SimulationOptions,
  count: (stats: WorldResult['stats']) => void,
  explain = true,
): Promise<Failure | undefined> {
  const plan = planOf(seed);
  const result = await runWorld(plan, options);
  count(result.stats);
  const rule = result.violation?.rule;
  if (rule === undefined) return undefined;
  if (!explain) return { seed, rule, report: result.violation?.message ?? '' };
  const smallest = await shrink(
    plan,
    async (smaller) => (await runWorld(smaller, options)).violation?.rule === rule,
    MAX_SHRINK_WORLDS,
  );
  const { violation, trace } = await runWorld(smallest, options, true);
  return {
    seed,
    rule,
    report: reportOf(
      smallest,
      violation?.message ?? 'it holds when it is told: the world is not deterministic',
      trace,
    ),
  };
}

function reportOf(plan: WorldPlan, violation: string, trace: readonly string[]): string {
  const runs = plan.runs.map(
    ({ program, ...rest }, n) => `--- run ${n} ${JSON.stringify(rest)}\n${showProgram(program)}`,
  );
  return [
    `seed ${plan.seed} breaks a rule: ${violation}`,
    '',
    'the smallest world found that does:',
    `--- faults ${JSON.stringify(plan.faults)}`,
    ...runs,
    '--- what happened (seconds of virtual time)',
    ...trace,
    '',
    `again: npm run simulate -- --worlds 1 --seed ${plan.seed}, with --real 1 if it ran on the real evaluator`,
  ].join('\n');
}

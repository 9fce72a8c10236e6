/**
 * Runs worlds by their seeds, and reports a failing world in a readable form.
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

/**
 * Most errors are simulated crashes, thousands of them: long stacks would cost more than the rest.
 */
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
  /** The rule, the programs, the faults and the trace of the smallest world found. */
  readonly report: string;
}

const MAX_SHRINK_WORLDS = 1500;

/**
 * Runs the world of a seed; undefined if no rule was violated.
 *
 * @param explain reduce a failing world and report its trace
 */
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
      violation?.message ??
        'no rule is violated in the traced execution: the world is not deterministic',
      trace,
    ),
  };
}

function reportOf(plan: WorldPlan, violation: string, trace: readonly string[]): string {
  const runs = plan.runs.map(
    ({ program, ...rest }, n) => `--- run ${n} ${JSON.stringify(rest)}\n${showProgram(program)}`,
  );
  return [
    `seed ${plan.seed} violates a rule: ${violation}`,
    '',
    'the smallest world found that violates it:',
    `--- faults ${JSON.stringify(plan.faults)}`,
    ...runs,
    '--- trace (seconds of virtual time)',
    ...trace,
    '',
    `to repeat: npm run simulate -- --worlds 1 --seed ${plan.seed}, with --real 1 if it ran on the real evaluator`,
  ].join('\n');
}

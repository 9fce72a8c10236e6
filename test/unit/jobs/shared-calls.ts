/**
 * Calls of one component with `isolation: 'shared'`.
 *
 * @module
 */
import type { StepSpec } from '../../../src/model/spec.ts';
import type { Engine, FinishedJob } from './harness.ts';

/** The value that a job returned, or its outcome. */
export const resultOf = ({ outcome }: FinishedJob): unknown => {
  const value = outcome?.ok === true ? outcome.values[0] : undefined;
  return value !== undefined && 'text' in value ? JSON.parse(value.text) : outcome;
};

/** Runs the calls of one component, one after the other. */
export async function runCalls(
  engine: Engine,
  text: string,
  count: number,
  given: (call: number) => Partial<StepSpec> = () => ({}),
): Promise<readonly FinishedJob[]> {
  const jobs: FinishedJob[] = [];
  for (let call = 0; call < count; call++)
    jobs.push(await engine.run(text, { call, isolation: 'shared', ...given(call) }));
  return jobs;
}

export const firstArgument = (value: unknown): Partial<StepSpec> => ({
  args: { format: 'json', text: JSON.stringify([value]) },
});

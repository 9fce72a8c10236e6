import { component } from '../../../src/sdk/component.ts';
import { PIPELINE_HANDLE, type PipelineHandle, pipeline } from '../../../src/sdk/pipeline.ts';
import type { AnyFunction } from '../../../src/sdk/types.ts';

/** Runs a function as a pipeline's logic and returns the report. */
export async function report(
  fn: AnyFunction,
  options: Parameters<typeof pipeline>[0] = {},
  { root, args = [] }: { readonly root?: string; readonly args?: readonly unknown[] } = {},
) {
  const lines: string[] = [];
  const declared = pipeline({ name: 'test', ...options }, fn) as unknown as {
    [PIPELINE_HANDLE]: PipelineHandle;
  };
  const statuses: string[] = [];
  const run = await declared[PIPELINE_HANDLE].debug(args, {
    ...(root === undefined ? {} : { root }),
    print: (line) => lines.push(line),
    onStatus: (step, previous) => statuses.push(`${step.name} ${previous} → ${step.status}`),
  });
  return {
    ...run,
    lines,
    statuses,
    states: Object.fromEntries(run.steps.map(({ name, status }) => [name, status])),
  };
}

export async function thrown(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}

export const double = component({ returnValues: ['doubled'] }, function double(n: number) {
  return n * 2;
});

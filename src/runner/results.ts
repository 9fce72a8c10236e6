/**
 * Stores the result of the step's function as values that other steps can read.
 *
 * @module
 */
import type { Artifact } from '../model/artifacts.ts';
import { returnValueKey } from '../model/object-layout.ts';
import type { StepSpec } from '../model/spec.ts';
import type { Value } from '../model/value.ts';
import { ReturnValuesError } from '../sdk/errors.ts';
import type { ReportLimits } from '../sdk/report-limits.ts';
import { checkedMetadata } from '../sdk/report-metadata.ts';
import { splitMetadata } from '../sdk/with-metadata.ts';
import { keySegment } from './key-segment.ts';
import type { RunnerContext } from './runner-context.ts';
import type { Values } from './values.ts';

export interface Results {
  readonly values: Value[];
  readonly artifacts: Artifact[];
}

/** One name stores the whole result. Several names store one element each of an array. */
export async function writeResults(
  spec: StepSpec,
  context: RunnerContext,
  values: Values,
  limits: ReportLimits,
  returned: unknown,
): Promise<Results> {
  const names = spec.returnValues;
  const elements: readonly unknown[] = names.length === 1 ? [returned] : elementsOf(spec, returned);
  const results: Results = { values: [], artifacts: [] };
  // Sequential, because each value may be large.
  for (const [index, name] of names.entries()) {
    const what =
      names.length === 1
        ? `the return value of ${spec.component} (${JSON.stringify(name)})`
        : `the return value ${JSON.stringify(name)} of ${spec.component}`;
    const { value, metadata } = splitMetadata(elements[index]);
    const checked = checkedMetadata(what, metadata);
    const recorded = await values.write(
      returnValueKey(spec.outputPrefix, context.jobId, keySegment(name)),
      value,
      what,
    );
    results.values.push(recorded.value);
    const artifact = { name, ...recorded, ...checked, createdAt: context.clock.now() };
    limits.addOutput('step', 'artifact', artifact);
    results.artifacts.push(artifact);
  }
  return results;
}

function elementsOf(spec: StepSpec, returned: unknown): readonly unknown[] {
  if (Array.isArray(returned) && returned.length === spec.returnValues.length) return returned;
  throw new ReturnValuesError(spec.component, spec.returnValues, returned);
}

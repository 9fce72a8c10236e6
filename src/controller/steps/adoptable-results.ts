/**
 * Whether another run may adopt a result: all objects that it refers to stay for as long as the
 * records of that run (`model/retention.ts`).
 *
 * The age of a result is that of the run that computed it, whose id is in the keys of its objects. A
 * result that was adopted before, even through several runs, is therefore no younger.
 *
 * @module
 */
import type { RunOutputs } from '../../model/artifacts.ts';
import { creationTimeOf } from '../../model/ids.ts';
import { runOfKey } from '../../model/object-layout.ts';
import type { Step } from '../../model/step.ts';
import { isStored, type StoredValue, type Value, valuesOfArguments } from '../../model/value.ts';

type Outputs = Pick<Step, 'artifacts' | 'models' | 'runOutputs'> & {
  readonly values: readonly Value[] | null;
};

const NO_OUTPUTS: RunOutputs = { artifacts: [], models: [] };

/** The stored values of an outcome, each object once. */
export const storedValuesOf = ({
  values,
  artifacts,
  models,
  runOutputs = NO_OUTPUTS,
}: Outputs): readonly StoredValue[] =>
  storedIn([
    ...(values ?? []),
    ...artifacts.map(({ value }) => value),
    ...models.map(({ value }) => value),
    ...runOutputs.artifacts.map(({ value }) => value),
    ...runOutputs.models.map(({ value }) => value),
  ]);

/** The keys of the objects that an outcome refers to, each once. */
export const objectKeysOf = (outputs: Outputs): readonly string[] =>
  storedValuesOf(outputs).map(({ key }) => key);

const storedIn = (values: readonly Value[]): readonly StoredValue[] => [
  ...new Map(values.filter(isStored).map((value) => [value.key, value])).values(),
];

/**
 * @param keys of the objects that the result refers to
 * @param earliest the earliest creation of a run whose results are adopted, milliseconds since the
 * epoch
 */
export const isAdoptable = (keys: readonly string[], earliest: number): boolean =>
  keys.every((key) => writtenSince(key) >= earliest);

/** The step with its arguments, for a rerun. */
export const isAdoptableStep = (step: Step, earliest: number): boolean =>
  isAdoptable(
    [...objectKeysOf(step), ...storedIn(valuesOfArguments(step.args)).map(({ key }) => key)],
    earliest,
  );

/** A time before the object was written. */
function writtenSince(key: string): number {
  const run = runOfKey(key);
  return run === undefined ? Number.NEGATIVE_INFINITY : creationTimeOf(run);
}

/**
 * The limits of a step's artifacts and models. The runner checks those of its attempt; the
 * controller checks the sum over the attempts of the step.
 *
 * @module
 */
import type { Artifact, Model } from '../../model/artifacts.ts';
import { MAX_STEP_ARTIFACTS, MAX_STEP_MODELS, MAX_STEP_OUTPUT_BYTES } from '../../model/limits.ts';

interface Outputs {
  readonly artifacts: readonly Artifact[];
  readonly models: readonly Model[];
}

/** The limit that the outputs of a step exceed, as a sentence; undefined if they exceed none. */
export function stepOutputExcess({ artifacts, models }: Outputs): string | undefined {
  if (artifacts.length > MAX_STEP_ARTIFACTS)
    return `the step would have ${artifacts.length} artifacts, and it may have ${MAX_STEP_ARTIFACTS}`;
  if (models.length > MAX_STEP_MODELS)
    return `the step would have ${models.length} models, and it may have ${MAX_STEP_MODELS}`;
  if ((artifacts.length + models.length) * MAX_RECORD_BYTES <= MAX_STEP_OUTPUT_BYTES)
    return undefined;
  const bytes = [...artifacts, ...models].reduce(
    (sum, record) => sum + Buffer.byteLength(JSON.stringify(record)),
    0,
  );
  return bytes > MAX_STEP_OUTPUT_BYTES
    ? `the records of the step's artifacts and models would have ${bytes} bytes, and they may have ${MAX_STEP_OUTPUT_BYTES}`
    : undefined;
}

/** More than one record can have: few records need not be measured. */
const MAX_RECORD_BYTES = 128 * 1024;

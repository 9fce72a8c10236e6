/**
 * `inputFile`, as a user's file imports it from `headrace`. Bundles of logic and of steps have
 * implementations of their own.
 *
 * @module
 */
import { INPUT_FILE_COMPONENT, INPUT_FILE_OPTIONS } from '../model/input-file.ts';
import { addressOf, inputAddress } from './address-of.ts';
import type { ArtifactFile } from './artifact-file.ts';
import { declareComponent, type HostComponent } from './declare.ts';
import { InputFileError, OutsidePipelineError, OutsideStepError } from './errors.ts';
import { scopes } from './scope.ts';
import { runningStep } from './step-runtime.ts';
import type { Lazy } from './types.ts';

const hostComponent: HostComponent = {
  meta: INPUT_FILE_COMPONENT,
  declared: declareComponent(INPUT_FILE_OPTIONS, INPUT_FILE_COMPONENT),
  fn: async (address) => {
    const step = runningStep();
    if (step === undefined) throw new OutsideStepError('inputFile');
    return await step.openInput(addressOf(address));
  },
};

/**
 * A file, a folder or the content of a URL as an argument of a step: it counts for the cache by its
 * content. The step receives an `ArtifactFile`, whose `path` is a copy for it to read.
 *
 * A path is relative to the project's root. URLs are `https:`, `http:`, `s3:` or `file:`.
 *
 * @example
 * ```ts
 * export const main = pipeline({ name: 'houses' }, () => train(inputFile('data/houses.csv')));
 * ```
 */
export function inputFile(
  address: string | { readonly href: string } | Lazy<string>,
): Lazy<ArtifactFile> {
  const scope = scopes.getStore();
  // The run returns the Lazy of its mode.
  if (scope?.kind === 'logic')
    return scope.run.call(hostComponent, [inputAddress(address)]) as Lazy<ArtifactFile>;
  if (runningStep() !== undefined)
    throw new InputFileError(
      addressOf(address),
      'it stands for an argument of a step, so the pipeline calls it. In a step, read the file, or call StorageManager.getLocalCopy',
    );
  throw new OutsidePipelineError('inputFile');
}

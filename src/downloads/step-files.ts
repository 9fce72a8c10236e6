/**
 * The files that a step requests by address: `StorageManager.getLocalCopy`, and the step behind
 * `inputFile`.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { ArtifactFile } from '../sdk/artifact-file.ts';
import { InputFileError } from '../sdk/errors.ts';
import type { StepRuntime } from '../sdk/step/runtime.ts';
import { parseAddress } from './address.ts';
import type { LocalCopiesContext } from './local-copies.ts';

type StepFiles = Pick<StepRuntime, 'getLocalCopy' | 'openInput'>;

/**
 * @param uploaded the copy of a file that was uploaded for the run; undefined if the path is none
 * @param missingAdvice follows the sentence about a missing file
 */
export function createStepFiles(
  context: LocalCopiesContext,
  uploaded?: (address: string) => Promise<string | undefined>,
  missingAdvice = '',
): StepFiles {
  const getLocalCopy: StepFiles['getLocalCopy'] = async (address, options) => {
    // Most steps fetch nothing, and every step loads the module of this function.
    const { localCopyOf } = await import('./local-copies.ts');
    return await localCopyOf(address, context, options);
  };
  return {
    getLocalCopy,
    async openInput(address) {
      const parsed = parseAddress(address);
      if (parsed.kind !== 'path') return new ArtifactFile(await getLocalCopy(address));
      const path = (await uploaded?.(address)) ?? parsed.path;
      await stat(path).catch((cause: unknown) => {
        throw new InputFileError(
          address,
          `there is no file or folder ${parsed.path}${missingAdvice}`,
          { cause },
        );
      });
      return new ArtifactFile(path);
    },
  };
}

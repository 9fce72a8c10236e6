/**
 * The working directory of a step. The runner and debug mode share it.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The bundle of a step lacks its function or a serializer, or its working directory is missing. */
export class StepCodeError extends HeadraceError {}

/** @throws StepCodeError */
export function changeDirectory(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    throw new StepCodeError(
      `the working directory ${directory} cannot be entered: ${String(error)}`,
    );
  }
}

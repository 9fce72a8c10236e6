/**
 * The port to the versions of pipelines.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';

export interface Registry {
  /**
   * The version under which this code runs: `version`, if it is new or has the same code; else, with `bump`, the lowest following patch version that is free
   * or has this code. The answer is on record when the call returns.
   *
   * @throws VersionTakenError without `bump`, if `version` has other code.
   */
  register(pipeline: { readonly project: string; readonly name: string }, version: string, codeHash: string, bump: boolean): Promise<string>;
}

export class VersionTakenError extends HeadraceError {
  constructor(
    readonly pipeline: string,
    readonly version: string,
  ) {
    super(`version ${version} of pipeline ${pipeline} exists with other code: raise the version, or leave autoVersionBump on`);
  }
}

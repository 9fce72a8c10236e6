/**
 * `StorageManager`, as a user's file imports it from `headrace`. Bundles of steps have an
 * implementation of their own.
 *
 * @module
 */

import { addressOf } from './address-of.ts';
import type { ArtifactFile } from './artifact-file.ts';
import { OutsideStepError } from './errors.ts';
import { explainSnakeCase } from './snake-case.ts';
import type { LocalCopyOptions } from './step/runtime.ts';
import { runningStep } from './step-runtime.ts';

/** Access to files at any address. */
export const StorageManager: {
  /**
   * Returns the path of a local copy of the file at an address: an `https:`, `http:`, `s3:` or
   * `file:` URL, a path, or an `ArtifactFile`. Copies of remote files are kept, and used again while
   * the ETag of the file is the same. They are read-only. Called by a step.
   *
   * @throws LocalCopyError if the file cannot be fetched
   */
  getLocalCopy(
    address: string | { readonly href: string } | ArtifactFile,
    options?: LocalCopyOptions,
  ): Promise<string>;
} = /* @__PURE__ */ explainSnakeCase('StorageManager', {
  getLocalCopy: async (address, options) => {
    const step = runningStep();
    if (step === undefined) throw new OutsideStepError('StorageManager.getLocalCopy');
    return await step.getLocalCopy(addressOf(address), options);
  },
});

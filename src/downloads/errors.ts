/**
 * The error of a file that cannot be fetched.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** `StorageManager.getLocalCopy` or `inputFile` cannot provide the file at an address. */
export class LocalCopyError extends HeadraceError {
  constructor(
    /** The address, without a query and without credentials. */
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`no local copy of ${address}: ${reason}`, options);
  }

  override get name(): string {
    return 'LocalCopyError';
  }
}

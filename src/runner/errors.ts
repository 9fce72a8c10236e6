/**
 * The error of a damaged object.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** The content of an object is not what was written. The controller removes its cache entry. */
export class DamagedObjectError extends HeadraceError {
  constructor(
    readonly key: string,
    readonly found: number,
    readonly written: number,
  ) {
    super(
      found === written
        ? `the object ${key} has another content than was written: the store is damaged. Start the pipeline again, which computes it again`
        : `the object ${key} has ${found} bytes, and ${written} were written: the store is damaged. Start the pipeline again, which computes it again`,
    );
  }

  // The controller recognizes the error by its name.
  override get name(): string {
    return 'DamagedObjectError';
  }
}

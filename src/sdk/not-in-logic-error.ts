/**
 * The error of everything that a pipeline's logic cannot use.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/**
 * The pipeline's logic used something that is not deterministic: time, the network, files or
 * another process.
 */
export class NotInLogicError extends HeadraceError {
  constructor(
    /** The name of the global, as in `fetch`. */
    readonly what: string,
    advice: string,
  ) {
    super(
      `${what} is not available in a pipeline's logic, which is replayed and must do the same each time: ${advice}`,
    );
  }

  override get name(): string {
    return 'NotInLogicError';
  }
}

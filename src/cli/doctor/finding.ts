/**
 * What a diagnosis found: one line for each checked subject.
 *
 * @module
 */

export interface Finding {
  /** What was checked, in a few words. */
  readonly subject: string;
  /**
   * `fail`: runs cannot work. `warn`: they work, but slower or not all at once. `unknown`: it could
   * not be read.
   */
  readonly status: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly value: string;
  /** What the deployment needs. */
  readonly needed?: string;
  /** What to do, as sentences and complete command lines. */
  readonly advice?: readonly string[];
}

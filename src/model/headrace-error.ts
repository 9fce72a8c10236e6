/**
 * The root of the errors that Headrace throws. Apart from `errors.ts` because it also runs inside the evaluator's context, where nothing else is at hand.
 *
 * @module
 */

/** The root of every error that Headrace throws on purpose: its message says what happened, to what, and what to do. */
export abstract class HeadraceError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

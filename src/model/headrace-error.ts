/**
 * The base class of the errors that Headrace throws. It is not in `errors.ts`, because it also runs
 * inside the evaluator's context, which has no other module.
 *
 * @module
 */

/**
 * Marks the errors of all copies of Headrace: a program may load two (as ESM and as CommonJS), and
 * the evaluator's context has its own.
 */
export const HEADRACE_BRAND = /* @__PURE__ */ Symbol.for('headrace.error');

/** The row of an error class in docs/errors.md, whose anchors are the names in lower case. */
export const docsOf = (name: string): string => `headrace/docs/errors.md#${name.toLowerCase()}`;

/**
 * The base class of all errors that Headrace throws deliberately. The message states what happened,
 * to which object, and what to do.
 */
export abstract class HeadraceError extends Error {
  /**
   * The place of the error's cause and remedy in the installed package. It is an own property, so
   * an uncaught error prints it.
   */
  readonly docs: string = docsOf(this.name);

  override get name(): string {
    return this.constructor.name;
  }

  get [HEADRACE_BRAND](): true {
    return true;
  }

  // biome-ignore-start lint/complexity/noThisInStatic: the class on the right of `instanceof`
  /** True also for an error with the same name from another copy of Headrace. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (
      typeof value !== 'object' ||
      value === null ||
      !(HEADRACE_BRAND in value) ||
      !('name' in value)
    )
      return false;
    return this === HeadraceError || value.name === this.prototype.name;
  }
  // biome-ignore-end lint/complexity/noThisInStatic: the class on the right of `instanceof`
}
